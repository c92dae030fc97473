// Paired measurement: A B A B ... in one process, by thread CPU time. What disturbs the machine for
// long disturbs both sides of a pair, so their ratio stays usable on a shared machine where neither
// time does; what disturbs it for a moment disturbs some pairs, so only the quiet third of them
// counts, those that took the least time.
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

// The times of two sides that ran in turn, in whatever unit.
class Pairs {
 public:
  void add(double a, double b) { pairs_.push_back({a, b, a / b}); }

  struct Quiet {
    double a;
    double b;
    double ratio;  // a / b
  };
  // Medians over the quiet third.
  [[nodiscard]] Quiet quiet() const {
    std::vector<Quiet> third = pairs_;
    // By the product: the slower side alone does not decide.
    std::sort(third.begin(), third.end(),
              [](const Quiet& x, const Quiet& y) { return x.a * x.b < y.a * y.b; });
    third.resize((third.size() + 2) / 3);
    const auto median_of = [&](double Quiet::*value) {
      std::vector<double> values;
      for (const Quiet& pair : third) values.push_back(pair.*value);
      return median(values);
    };
    return {median_of(&Quiet::a), median_of(&Quiet::b), median_of(&Quiet::ratio)};
  }

 private:
  std::vector<Quiet> pairs_;
};

inline constexpr int kPairs = 21;

// Runs a and b in turn, `a_work` and `b_work` units each time, and reports ns per unit and a_ns /
// b_ns as counters of the benchmark: "how many times as fast is b".
template <class A, class B>
void measure_pairs(benchmark::State& state, double a_work, double b_work, A&& a, B&& b,
                   int count = kPairs) {
  Pairs pairs;
  for (auto _ : state) {
    for (int i = 0; i < count; ++i) {
      const double a_ns = cpu_of(a);
      pairs.add(a_ns / a_work, cpu_of(b) / b_work);
    }
  }
  const Pairs::Quiet quiet = pairs.quiet();
  state.counters["a_ns"] = quiet.a;
  state.counters["b_ns"] = quiet.b;
  state.counters["ratio"] = quiet.ratio;
}

template <class A, class B>
void measure_pairs(benchmark::State& state, double work, A&& a, B&& b) {
  measure_pairs(state, work, work, a, b);
}

}  // namespace ackident::bench
