// SPDX-License-Identifier: Apache-2.0
//
// StopSignal: SIGINT and SIGTERM as a wish. The first asks for an end with a full report; the one after
// the last that is counted ends the process as usual.
#pragma once

#include <atomic>

namespace millrace {

class StopSignal {
 public:
  /// `counted`: as many signals are wishes.
  static void install(unsigned counted = 1);
  [[nodiscard]] static const std::atomic<bool>& flag() noexcept;
  [[nodiscard]] static bool raised() noexcept;
  [[nodiscard]] static unsigned count() noexcept;
};

}  // namespace millrace
