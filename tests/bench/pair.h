// Paired measurement: A B A B ... in one process, thread CPU time, and the median of the ratios of
// neighbours. What disturbs the machine disturbs both sides of a pair, so the ratio stays usable on
// a shared machine where neither time does.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace ackident::bench {

inline double cpu_ns() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e9 + static_cast<double>(at.tv_nsec);
}

template <class F>
double cpu_of(F&& f) {
  const double start = cpu_ns();
  f();
  return cpu_ns() - start;
}

inline double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

inline constexpr int kPairs = 11;

// Runs a and b in turn, `work` units each, and reports ns per unit and a_ns / b_ns as counters of
// the benchmark: "how many times as fast is b".
template <class A, class B>
void measure_pairs(benchmark::State& state, double work, A&& a, B&& b) {
  std::vector<double> a_ns;
  std::vector<double> b_ns;
  std::vector<double> ratio;
  for (auto _ : state) {
    for (int i = 0; i < kPairs; ++i) {
      const double start = cpu_ns();
      a();
      const double middle = cpu_ns();
      b();
      const double end = cpu_ns();
      a_ns.push_back((middle - start) / work);
      b_ns.push_back((end - middle) / work);
      ratio.push_back((middle - start) / (end - middle));
    }
  }
  state.counters["a_ns"] = median(a_ns);
  state.counters["b_ns"] = median(b_ns);
  state.counters["ratio"] = median(ratio);
}

}  // namespace ackident::bench
