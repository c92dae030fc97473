// AppendList<T>: a list that is filled at its end, read, and cleared, again and again; T is plain
// data. A new element holds what an earlier one left there, and is to be filled by the caller. It
// appends with one comparison, where std::vector also makes the element; a warm list allocates
// nothing. References are valid until the next append().
#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

namespace ackident {

template <class T>
class AppendList {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  T& append() {
    if (size_ == capacity_) [[unlikely]]
      grow();
    return items_[size_++];
  }
  void push_back(const T& item) { append() = item; }
  // The list must not be empty.
  T pop_back() { return items_[--size_]; }
  void clear() { size_ = 0; }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return items_[i]; }
  [[nodiscard]] const T* begin() const { return items_.data(); }
  [[nodiscard]] const T* end() const { return items_.data() + size_; }

 private:
  // Out of the way of the caller, which would otherwise save registers for it.
  [[gnu::noinline, gnu::cold]] void grow() {
    capacity_ = capacity_ == 0 ? 16 : capacity_ * 2;
    items_.resize(capacity_);
  }

  std::vector<T> items_;
  std::size_t capacity_ = 0;  // of items_, whose own size() takes a division
  std::size_t size_ = 0;
};

}  // namespace ackident
