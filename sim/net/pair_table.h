// PairTable<T>: a value for each ordered pair, by direct indexing. Rows grow to the greatest column
// that was written: most nodes talk to the few lowest-numbered ones only, so a table over thousands
// of nodes stays small. What was never written reads as T{}.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ackident {

template <class T>
class PairTable {
 public:
  explicit PairTable(std::size_t rows) : rows_(rows) {}

  [[nodiscard]] T get(std::uint32_t row, std::uint32_t column) const {
    const std::vector<T>& cells = rows_[row];
    return column < cells.size() ? cells[column] : T{};
  }
  T& at(std::uint32_t row, std::uint32_t column) {
    std::vector<T>& cells = rows_[row];
    if (column >= cells.size()) cells.resize(column + std::size_t{1});
    return cells[column];
  }
  // Everything back to T{}; keeps the memory.
  void reset() {
    for (std::vector<T>& cells : rows_) std::fill(cells.begin(), cells.end(), T{});
  }

 private:
  std::vector<std::vector<T>> rows_;
};

}  // namespace ackident
