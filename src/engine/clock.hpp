// SPDX-License-Identifier: Apache-2.0
//
// The clock of a run: CLOCK_MONOTONIC, in ns. Read at open, once a slice and at finish; those readings are
// in the log, and no statistic reads it elsewhere.
#pragma once

#include <chrono>
#include <cstdint>

namespace millrace {

inline std::int64_t now_ns() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

}  // namespace millrace
