// SPDX-License-Identifier: Apache-2.0
#include "stop_signal.hpp"

#include <signal.h>

namespace millrace {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may store it

void on_signal(int) {
  // order: relaxed; a flag from which nothing else is inferred.
  stop.store(true, std::memory_order_relaxed);
}

}  // namespace

void StopSignal::install() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  // No SA_RESTART: a read that waits for a pipe must return. The second signal is the default's.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

const std::atomic<bool>& StopSignal::flag() noexcept { return stop; }

bool StopSignal::raised() noexcept {
  // order: relaxed; see on_signal().
  return stop.load(std::memory_order_relaxed);
}

}  // namespace millrace
