// SPDX-License-Identifier: Apache-2.0
//
// Cases of storage that fails, each with both ways of writing. A program that includes this has the cases
// LogFaultBoth.NAME/Mapped and /Pwrite.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "fault_preload.hpp"
#include "log_run.hpp"

namespace millrace::log {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

class LogFaultBoth : public testing::TestWithParam<bool> {
 protected:
  WriterOptions options(const std::string& folder) const {
    return {.dir = folder, .segment_bytes = kSegmentBytesMin, .mapped = GetParam()};
  }
  WriterOptions options() const { return options(dir.str()); }
  TemporaryFolder dir;
};
INSTANTIATE_TEST_SUITE_P(, LogFaultBoth, testing::Values(true, false), [](const auto& parameter) {
  return parameter.param ? "Mapped" : "Pwrite";
});

}  // namespace millrace::log
