// SPDX-License-Identifier: Apache-2.0
#include "engine/idle_strategy.hpp"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millrace {
namespace {

void relax() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

void IdleStrategy::rest(std::size_t records_done, log::Bell& bell, std::uint32_t heard) noexcept {
  using namespace std::chrono_literals;
  if (records_done >= kBusy) return;
  if (idle_ == Idle::spin) {
    const auto until = std::chrono::steady_clock::now() + kAway;
    while (std::chrono::steady_clock::now() < until) {
      for (int i = 0; i < 16; ++i) relax();
    }
    return;
  }
  const auto shortest = idle_ == Idle::sleep ? 200us : 50us;
  pause_ = records_done != 0 ? shortest : std::clamp(pause_ * 2, shortest, kLongest);
  quiet_turns_ = records_done != 0 ? 0 : std::min(quiet_turns_ + 1, kQuietTurns);
  bell.wait(heard, quiet_turns_ == kQuietTurns ? kAsleep : pause_);
}

}  // namespace millrace
