// Many independent jobs on several threads. What they return is handed on in order of their number,
// so that no output depends on how many threads there were.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace ackident {

// `make_worker()` is called once by each thread; the worker is called with the numbers of its jobs.
// `take(number, result)` is called by the calling thread, and returns false if no more is wanted.
// Neither may throw. A thread is never further ahead than a window of results that wait.
template <class MakeWorker, class Take>
void run_jobs(std::size_t count, std::size_t threads, MakeWorker make_worker, Take take) {
  using Result = decltype(make_worker()(std::size_t{}));
  struct Shared {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::size_t next = 0;                        // not yet begun
    std::size_t taken = 0;                       // handed on
    std::vector<std::optional<Result>> waiting;  // by number, modulo its size
  };
  Shared shared;
  threads = std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(count, 1));
  shared.waiting.resize(threads * 64);
  const auto work = [&](const std::stop_token& stop) {
    auto worker = make_worker();
    std::unique_lock lock(shared.mutex);
    while (shared.next < count) {
      const auto has_room = [&] { return shared.next < shared.taken + shared.waiting.size(); };
      if (!shared.changed.wait(lock, stop, has_room)) return;
      if (shared.next >= count) return;
      const std::size_t number = shared.next++;
      lock.unlock();
      Result result = worker(number);
      lock.lock();
      shared.waiting[number % shared.waiting.size()] = std::move(result);
      shared.changed.notify_all();
    }
  };
  std::vector<std::jthread> pool;  // stops and joins at the end
  for (std::size_t i = 0; i < threads; ++i) pool.emplace_back(work);
  std::unique_lock lock(shared.mutex);  // released before the threads are joined
  while (shared.taken < count) {
    std::optional<Result>& slot = shared.waiting[shared.taken % shared.waiting.size()];
    shared.changed.wait(lock, [&] { return slot.has_value(); });
    const Result result = std::move(*slot);
    slot.reset();
    const std::size_t number = shared.taken++;
    lock.unlock();
    shared.changed.notify_all();
    const bool go_on = take(number, result);
    lock.lock();
    if (go_on) continue;
    shared.next = count;  // what has begun is finished and forgotten
    break;
  }
}

}  // namespace ackident
