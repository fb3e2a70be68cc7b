// SPDX-License-Identifier: Apache-2.0
//
// IdleStrategy: how long the aggregator stays away after a turn.
//
// Looking at a block that its worker is writing takes the cache line away from it: an aggregator
// that polls costs each push several times its price. So after a turn with little to do it stays
// away for 20 us at least (bench/bench_push.cpp), and longer while nothing comes.
#pragma once

#include <chrono>
#include <cstddef>

#include "millrace/options.hpp"

namespace millrace {

class IdleStrategy {
 public:
  explicit IdleStrategy(Idle idle) noexcept : idle_(idle) {}
  void rest(std::size_t records_done) noexcept;

 private:
  static constexpr std::size_t kBusy = 4'096;  // records a turn: there is more, go on at once
  static constexpr std::chrono::microseconds kAway{20};
  static constexpr std::chrono::microseconds kLongest{1'000};

  Idle idle_;
  std::chrono::microseconds pause_{0};
};

}  // namespace millrace
