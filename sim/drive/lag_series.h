// A step function of time in bounded memory. Time is divided into cells; the last state within each
// cell is kept, and cells double in length when there are too many. The answer is at most
// kLagPointsMax points evenly spaced over the run; each shows a state at most one cell old, and
// cells are never longer than a 480th of the run once it has lasted a second.
#pragma once

#include <vector>

#include "oracle/result.h"

namespace ackident {

class LagSeries {
 public:
  void reset();

  // The state changes at `at`: must the state before it be kept first?
  [[nodiscard]] bool wants(Instant at) const { return changed_ && at >= cell_end_; }
  // Since when the state before the change has held.
  [[nodiscard]] Instant changed_at() const { return changed_at_; }
  void keep(const LagPoint& point);
  void changed(Instant at);

  // Points evenly over [0, end].
  [[nodiscard]] std::vector<LagPoint> even(Instant end) const;

 private:
  static constexpr std::size_t kKeptMax = 4 * kLagPointsMax;

  std::vector<LagPoint> kept_;
  Duration cell_;
  Instant cell_end_;
  Instant changed_at_;
  bool changed_ = false;
};

}  // namespace ackident
