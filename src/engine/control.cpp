// SPDX-License-Identifier: Apache-2.0
#include "engine/control.hpp"

namespace millrace {

void Control::run(const Task& task) {
  // order: relaxed; only the aggregator can find its own id here.
  if (std::this_thread::get_id() == aggregator_.load(std::memory_order_relaxed)) return task();
  std::unique_lock lock(mutex_);
  if (stopped_) return task();
  tasks_.push_back(&task);
  const std::uint64_t ticket = ++asked_;
  // order: release; pairs with the acquire in pending(): what the caller pushed before is seen by the
  // turn that precedes the task.
  pending_.store(true, std::memory_order_release);
  served_changed_.wait(lock, [&] { return served_ >= ticket; });
}

void Control::begin(std::thread::id aggregator) {
  // order: relaxed; see run().
  aggregator_.store(aggregator, std::memory_order_relaxed);
}

bool Control::pending() const noexcept {
  // order: acquire; pairs with the release in run().
  return pending_.load(std::memory_order_acquire);
}

void Control::serve() {
  const std::lock_guard lock(mutex_);
  for (const Task* task : tasks_) (*task)();
  tasks_.clear();
  served_ = asked_;
  // order: relaxed; set and cleared under the lock.
  pending_.store(false, std::memory_order_relaxed);
  served_changed_.notify_all();
}

void Control::stop() {
  serve();
  const std::lock_guard lock(mutex_);
  for (const Task* task : tasks_) (*task)();  // asked between serve() and here
  tasks_.clear();
  served_ = asked_;
  stopped_ = true;
  served_changed_.notify_all();
}

}  // namespace millrace
