// RL3 sparse so many times: for counting instructions (G2e), which no other load disturbs.
//
//   rl3_sparse TIMES
#include <cstdio>
#include <cstdlib>

#include "rl3_queues.h"

int main(int argc, char** argv) {
  using namespace ackident::bench;
  const int times = argc > 1 ? std::atoi(argv[1]) : 1;
  Rl3<ProjectQueue> model;
  for (int i = 0; i < times; ++i) {
    if (model.run(kSparse) != Rl3Result{kSparse.events, kSparse.acked, 0, kSparse.hash}) return 1;
  }
  std::printf("%llu\n", static_cast<unsigned long long>(kSparse.events));
  return 0;
}
