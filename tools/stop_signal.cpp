// SPDX-License-Identifier: Apache-2.0
#include "stop_signal.hpp"

#include <signal.h>

namespace millrace {
namespace {

std::atomic<bool> stop{false};
std::atomic<unsigned> signals{0};
unsigned last_counted = 1;
// A signal handler may store them.
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<unsigned>::is_always_lock_free);

void on_signal(int) {
  // order (both): relaxed; wishes from which nothing else is inferred.
  stop.store(true, std::memory_order_relaxed);
  if (signals.fetch_add(1, std::memory_order_relaxed) + 1 < last_counted) return;
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void StopSignal::install(unsigned counted) {
  last_counted = counted;
  struct sigaction action {};
  action.sa_handler = on_signal;  // no SA_RESTART: a read that waits for a pipe must return
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

const std::atomic<bool>& StopSignal::flag() noexcept { return stop; }

bool StopSignal::raised() noexcept {
  // order: relaxed; see on_signal().
  return stop.load(std::memory_order_relaxed);
}

unsigned StopSignal::count() noexcept {
  // order: relaxed; see on_signal().
  return signals.load(std::memory_order_relaxed);
}

}  // namespace millrace
