// SPDX-License-Identifier: Apache-2.0
//
// Control: how any thread has a task done by the aggregator between two turns: snapshots, flushes,
// new streams. Cold: the aggregator looks at one flag a turn and takes the lock only when it is set.
//
//   control.run([&] { snapshot = build(); });   // returns when it is done
//
// Coverage   The aggregator accepts the tasks at the beginning of a turn, and serves those and no
//            later ones at its end: the turn has taken everything that was published before run()
//            was called.
// Errors     What a task throws is thrown to the caller of run().
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "log/bell.hpp"

namespace millrace {

class Control {
 public:
  using Task = std::function<void()>;

  /// Once stopped, and when called by the aggregator thread itself, the caller does the task.
  void run(const Task& task);

  /// Rings when a task is asked for.
  [[nodiscard]] log::Bell& bell() noexcept { return bell_; }

  /// [aggregator]
  void begin(std::thread::id aggregator);
  /// At the beginning of a turn: whether there are tasks, which serve() will do.
  [[nodiscard]] bool accept();
  void serve();
  void stop();  // serves what is left; from now on callers serve themselves

 private:
  struct Asked {
    const Task* task;
    std::exception_ptr* error;
  };
  static void serve(std::vector<Asked>& tasks) noexcept;

  log::Bell bell_;
  std::atomic<bool> pending_{false};
  std::atomic<std::thread::id> aggregator_{};
  std::mutex mutex_;
  std::condition_variable served_changed_;
  std::vector<Asked> tasks_;     // asked for
  std::vector<Asked> accepted_;  // [aggregator] to be served at the end of this turn
  std::uint64_t asked_ = 0;
  std::uint64_t served_ = 0;
  bool stopped_ = false;
};

}  // namespace millrace
