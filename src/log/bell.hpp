// SPDX-License-Identifier: Apache-2.0
//
// Bell: wakes a helper thread. Ringing takes no lock: whoever rings never waits for who sleeps, and
// makes a system call only if somebody does.
//
//   const std::uint32_t heard = bell.heard();     // then look for work; if there is none:
//   bell.wait(heard, std::chrono::seconds{1});    // returns at once if it has rung in between
//
// Threads   ring() any; wait() one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace millrace::log {

class Bell {
 public:
  void ring() noexcept;
  [[nodiscard]] std::uint32_t heard() const noexcept;
  void wait(std::uint32_t heard, std::chrono::nanoseconds most) noexcept;

 private:
  std::atomic<std::uint32_t> rings_{0};
  std::atomic<std::uint32_t> sleeping_{0};
};

}  // namespace millrace::log
