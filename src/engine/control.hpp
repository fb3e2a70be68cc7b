// SPDX-License-Identifier: Apache-2.0
//
// Control: how any thread has a task done by the aggregator between two turns: snapshots, flushes,
// new streams. Cold: the aggregator looks at one flag a turn and takes the lock only when it is set.
//
//   control.run([&] { snapshot = build(); });   // returns when it is done
//
// The turn that precedes the task takes everything that was published before run() was called.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

class Control {
 public:
  using Task = std::function<void()>;

  /// Once stopped, and when called by the aggregator thread itself, the caller does the task.
  void run(const Task& task);

  /// [aggregator]
  void begin(std::thread::id aggregator);
  [[nodiscard]] bool pending() const noexcept;
  void serve();
  void stop();  // serves what is left; from now on callers serve themselves

 private:
  std::atomic<bool> pending_{false};
  std::atomic<std::thread::id> aggregator_{};
  std::mutex mutex_;
  std::condition_variable served_changed_;
  std::vector<const Task*> tasks_;
  std::uint64_t asked_ = 0;
  std::uint64_t served_ = 0;
  bool stopped_ = false;
};

}  // namespace millrace
