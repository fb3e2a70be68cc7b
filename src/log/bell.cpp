// SPDX-License-Identifier: Apache-2.0
#include "log/bell.hpp"

#include <climits>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace millrace::log {
namespace {

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* most) noexcept {
  static_assert(sizeof word == sizeof(std::uint32_t));
  return ::syscall(SYS_futex, &word, operation, value, most, nullptr, 0);
}

}  // namespace

void Bell::ring() noexcept {
  // order: seq_cst (both); with those in wait(): either this sees the sleeper, or the sleeper's futex
  // call sees the new number.
  rings_.fetch_add(1, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) != 0) {  // order: see above
    futex(rings_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr);
  }
}

std::uint32_t Bell::heard() const noexcept {
  return rings_.load(std::memory_order_acquire);  // order: acquire; pairs with ring()
}

void Bell::wait(std::uint32_t heard, std::chrono::nanoseconds most) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const timespec limit{most.count() / kSecond, most.count() % kSecond};
  sleeping_.store(1, std::memory_order_seq_cst);          // order: seq_cst; see ring()
  if (rings_.load(std::memory_order_seq_cst) == heard) {  // order: seq_cst; see ring()
    futex(rings_, FUTEX_WAIT_PRIVATE, heard, &limit);
  }
  sleeping_.store(0, std::memory_order_relaxed);  // order: relaxed; at worst one call too many
}

}  // namespace millrace::log
