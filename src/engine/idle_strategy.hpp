// SPDX-License-Identifier: Apache-2.0
//
// IdleStrategy: how long the aggregator stays away after a turn.
//
// Looking at a block that its worker is writing takes the cache line away from it: an aggregator
// that polls costs each push several times its price. So after a turn with little to do it stays
// away for 20 us at least (bench/bench_push.cpp), and longer while nothing comes. Pushes do not wake it; a
// task that somebody waits for does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "millrace/options.hpp"

#include "log/bell.hpp"

namespace millrace {

class IdleStrategy {
 public:
  explicit IdleStrategy(Idle idle) noexcept : idle_(idle) {}
  /// Ends early when the bell rings, or has rung since it was heard.
  void rest(std::size_t records_done, log::Bell& bell, std::uint32_t heard) noexcept;

 private:
  static constexpr std::size_t kBusy = 4'096;  // records a turn: there is more, go on at once
  static constexpr std::chrono::microseconds kAway{20};
  static constexpr std::chrono::microseconds kLongest{1'000};
  // A waking costs 5 to 20 us, here and in virtual machines. A burst into the sleep must fit into the ring,
  // of 16,384 records at least.
  static constexpr std::chrono::microseconds kAsleep{4'000};
  static constexpr int kQuietTurns = 100;  // until then

  Idle idle_;
  std::chrono::microseconds pause_{0};
  int quiet_turns_ = 0;
};

}  // namespace millrace
