// Work in parts on XLA's own thread pool.

#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "xla/ffi/api/ffi.h"

namespace tenfold {

inline int threads(const xla::ffi::ThreadPool& pool) {
  const int64_t count = pool.num_threads();
  return count < 1 ? 1 : static_cast<int>(count);
}

// Where the part'th of `parts` shares of some work begins; the next one's beginning is its end.
inline int share(int64_t work, int part, int parts) { return static_cast<int>(work * part / parts); }

constexpr int kTurns = 10'000;

// Calls work(0) … work(parts - 1), each once, and returns when all are done. The calling thread takes parts as well and
// waits only for those that have begun elsewhere: a pool whose threads are all waiting in here cannot lock up.
inline void parallel(xla::ffi::ThreadPool& pool, int parts, const std::function<void(int)>& work) {
  struct State {
    std::atomic<int> next{0}, done{0};
    std::mutex mutex;
    std::condition_variable all_done;
  };
  auto state = std::make_shared<State>();
  // A task that starts after all parts are taken finds none, and never touches `work`.
  auto take = [state, parts, &work] {
    for (int part = state->next++; part < parts; part = state->next++) {
      work(part);
      if (++state->done < parts) continue;
      std::lock_guard<std::mutex> lock(state->mutex);
      state->all_done.notify_one();
    }
  };
  const int helpers = (parts < threads(pool) ? parts : threads(pool)) - 1;
  for (int helper = 0; helper < helpers; helper++) pool.Schedule(std::function<void()>(take));
  take();
  // What is still under way elsewhere is mostly a part as small as those done here: sleeping would take longer.
  for (int turn = 0; turn < kTurns && state->done < parts; turn++) {
  }
  std::unique_lock<std::mutex> lock(state->mutex);
  state->all_done.wait(lock, [&] { return state->done == parts; });
}

}  // namespace tenfold
