// SPDX-License-Identifier: Apache-2.0
#include "engine/control.hpp"

namespace millrace {

void Control::run(const Task& task) {
  // order: relaxed; only the aggregator can find its own id here.
  if (std::this_thread::get_id() == aggregator_.load(std::memory_order_relaxed)) return task();
  std::exception_ptr error;
  {
    std::unique_lock lock(mutex_);
    if (stopped_) return task();
    tasks_.push_back({&task, &error});
    const std::uint64_t ticket = ++asked_;
    // order: relaxed; a hint to take the lock, which is what orders the rest.
    pending_.store(true, std::memory_order_relaxed);
    bell_.ring();
    served_changed_.wait(lock, [&] { return served_ >= ticket; });
  }
  if (error) std::rethrow_exception(error);
}

void Control::begin(std::thread::id aggregator) {
  // order: relaxed; see run().
  aggregator_.store(aggregator, std::memory_order_relaxed);
}

bool Control::accept() {
  // order: relaxed; a task that is missed in this turn is accepted in the next.
  if (!pending_.load(std::memory_order_relaxed)) return !accepted_.empty();
  const std::lock_guard lock(mutex_);
  accepted_.insert(accepted_.end(), tasks_.begin(), tasks_.end());
  tasks_.clear();
  // order: relaxed; set and cleared under the lock.
  pending_.store(false, std::memory_order_relaxed);
  return true;
}

void Control::serve(std::vector<Asked>& tasks) noexcept {
  for (const Asked& asked : tasks) {
    try {
      (*asked.task)();
    } catch (...) {
      *asked.error = std::current_exception();
    }
  }
}

void Control::serve() {
  serve(accepted_);
  const std::lock_guard lock(mutex_);
  served_ += accepted_.size();
  accepted_.clear();
  served_changed_.notify_all();
}

void Control::stop() {
  const std::lock_guard lock(mutex_);
  serve(accepted_);  // of a turn that an error ended
  serve(tasks_);
  accepted_.clear();
  tasks_.clear();
  served_ = asked_;
  stopped_ = true;
  served_changed_.notify_all();
}

}  // namespace millrace
