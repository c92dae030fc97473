#include "drive/lag_series.h"

#include <algorithm>

namespace ackident {

void LagSeries::reset() {
  kept_.clear();
  kept_.reserve(kKeptMax);
  cell_ = milliseconds(1);
  cell_end_ = Instant();
  changed_at_ = Instant();
  changed_ = false;
}

void LagSeries::keep(const LagPoint& point) {
  if (kept_.size() == kKeptMax) {
    cell_ += cell_;
    std::size_t left = 0;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const std::int64_t cell = kept_[i].at.ns() / cell_.ns();
      const bool last = i + 1 == kept_.size() || kept_[i + 1].at.ns() / cell_.ns() != cell;
      if (last) kept_[left++] = kept_[i];
    }
    kept_.resize(left);
  }
  if (kept_.size() < kKeptMax) kept_.push_back(point);
  changed_ = false;
}

void LagSeries::changed(Instant at) {
  if (!changed_) cell_end_ = Instant((at.ns() / cell_.ns() + 1) * cell_.ns());
  changed_at_ = at;
  changed_ = true;
}

std::vector<LagPoint> LagSeries::even(Instant end) const {
  std::vector<LagPoint> points;
  if (kept_.empty()) return points;
  const auto steps = static_cast<std::int64_t>(kLagPointsMax) - 1;
  std::size_t next = 0;
  for (std::int64_t i = 0; i <= steps; ++i) {
    const Instant at = Instant(end.ns() / steps * i + end.ns() % steps * i / steps);
    while (next < kept_.size() && kept_[next].at <= at) ++next;
    LagPoint point = next == 0 ? LagPoint{} : kept_[next - 1];
    if (point.time > Duration()) point.time += at - point.at;  // what waits grows older
    point.at = at;
    if (points.empty() || at > points.back().at) points.push_back(point);
  }
  return points;
}

}  // namespace ackident
