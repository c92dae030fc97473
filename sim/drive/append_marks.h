// When was offset o appended, in bounded memory: marks (offset, instant) of the leader's appends,
// at least `gap` apart. The answer is early by less than the gap, which starts at one millisecond
// and doubles whenever more than kMarksMax marks are still wanted.
#pragma once

#include <algorithm>
#include <vector>

#include "kafka/types.h"

namespace ackident {

class AppendMarks {
 public:
  static constexpr std::size_t kMarksMax = 256;

  void reset() {
    marks_.clear();
    gap_ = milliseconds(1);
  }

  // Records from `base` on were appended at `at`; nobody asks below `wanted` any more.
  void append(Instant at, Offset base, Offset wanted) {
    // A leader whose log ends lower writes these offsets anew.
    while (!marks_.empty() && marks_.back().offset >= base) marks_.pop_back();
    if (!marks_.empty() && at - marks_.back().at < gap_) return;
    if (marks_.size() >= kMarksMax) prune(wanted);
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

 private:
  struct Mark {
    Offset offset;
    Instant at;
  };

  void prune(Offset wanted) {
    std::size_t first = 0;
    while (first + 1 < marks_.size() && marks_[first + 1].offset <= wanted) ++first;
    marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(first));
    while (marks_.size() > kMarksMax / 2) thin();
  }

  void thin() {
    gap_ += gap_;
    std::size_t kept = 1;
    for (std::size_t i = 1; i < marks_.size(); ++i) {
      if (marks_[i].at - marks_[kept - 1].at >= gap_) marks_[kept++] = marks_[i];
    }
    marks_.resize(kept);
  }

  std::vector<Mark> marks_;  // by offset, and by instant
  Duration gap_ = milliseconds(1);
};

}  // namespace ackident
