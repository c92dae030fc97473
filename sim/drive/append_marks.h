// When was offset o appended, in bounded memory: marks (offset, instant) of the leader's appends.
// The answer is early by less than a millisecond, or than a 63rd of the record's age if that is
// more: marks that stand closer than a 64th of their age are thinned out when there are too many.
#pragma once

#include <algorithm>
#include <vector>

#include "kafka/types.h"

namespace ackident {

class AppendMarks {
 public:
  void reset() {
    marks_.clear();
    limit_ = kFewest;
  }

  // Records from `base` on were appended at `at`; nobody asks below `wanted` any more.
  void append(Instant at, Offset base, Offset wanted) {
    // A leader whose log ends lower writes these offsets anew.
    while (!marks_.empty() && marks_.back().offset >= base) marks_.pop_back();
    if (!marks_.empty() && at - marks_.back().at < kGap) return;
    if (marks_.size() >= limit_) prune(at, wanted);
    marks_.push_back(Mark{base, at});
  }

  // `otherwise` if nothing is known.
  [[nodiscard]] Instant appended_at(Offset offset, Instant otherwise) const {
    const auto after =
        std::upper_bound(marks_.begin(), marks_.end(), offset,
                         [](Offset value, const Mark& mark) { return value < mark.offset; });
    if (after != marks_.begin()) return (after - 1)->at;
    return marks_.empty() ? otherwise : marks_.front().at;
  }

  [[nodiscard]] std::size_t size() const { return marks_.size(); }

 private:
  struct Mark {
    Offset offset;
    Instant at;
  };
  static constexpr std::size_t kFewest = 256;
  static constexpr Duration kGap = milliseconds(1);

  // Any two steps from mark to mark are longer than a 64th of the age, so that a day's backlog
  // leaves some 2,000 of them.
  void prune(Instant now, Offset wanted) {
    std::size_t first = 0;
    while (first + 1 < marks_.size() && marks_[first + 1].offset <= wanted) ++first;
    std::size_t kept = 0;
    for (std::size_t i = first; i < marks_.size(); ++i) {
      const bool ends = i == first || i + 1 == marks_.size();
      if (!ends && marks_[i + 1].at - marks_[kept - 1].at <= (now - marks_[kept - 1].at) / 64) {
        continue;
      }
      marks_[kept++] = marks_[i];
    }
    marks_.resize(kept);
    limit_ = std::max(kFewest, 2 * kept);
  }

  std::vector<Mark> marks_;  // by offset, and by instant
  std::size_t limit_ = kFewest;
};

}  // namespace ackident
