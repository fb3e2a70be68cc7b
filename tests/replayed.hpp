// SPDX-License-Identifier: Apache-2.0
//
// What the log of a run says, for tests that compare it with the run.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "replay/log_replay.hpp"

namespace millrace {

inline LogReplay replay_of(const std::string& dir, const std::string& run = "last") {
  auto replayed = replay_logs(std::vector<std::string>{dir}, {.run = run});
  EXPECT_TRUE(replayed) << replayed.error().message;
  return replayed ? std::move(*replayed) : LogReplay{};
}

}  // namespace millrace
