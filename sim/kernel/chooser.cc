#include "kernel/chooser.h"

#include <algorithm>
#include <utility>

namespace ackident {
namespace {

bool key_less(const ChoiceOverride& a, const ChoiceOverride& b) { return a.key < b.key; }

}  // namespace

Chooser::Chooser(std::uint64_t seed, std::vector<ChoiceOverride> overrides)
    : dice_(seed), overrides_(std::move(overrides)) {
  std::stable_sort(overrides_.begin(), overrides_.end(), key_less);
}

const ChoiceOverride* Chooser::find(const ChoiceKey& key) const {
  // Equal keys stand in the order they were given: the last of them is before the upper bound.
  const auto after =
      std::upper_bound(overrides_.begin(), overrides_.end(), ChoiceOverride{key, 0}, key_less);
  if (after == overrides_.begin() || (after - 1)->key != key) return nullptr;
  return &*(after - 1);
}

}  // namespace ackident
