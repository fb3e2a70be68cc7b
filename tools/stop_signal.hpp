// SPDX-License-Identifier: Apache-2.0
//
// StopSignal: SIGINT and SIGTERM as a flag. The first asks for an end with a full report; a second one
// ends the process as usual.
#pragma once

#include <atomic>

namespace millrace {

class StopSignal {
 public:
  static void install();
  [[nodiscard]] static const std::atomic<bool>& flag() noexcept;
  [[nodiscard]] static bool raised() noexcept;
};

}  // namespace millrace
