// SPDX-License-Identifier: Apache-2.0
//
// What the process tells its caller.
#pragma once

namespace millrace {

enum ExitCode : int {
  kOk = 0,
  kError = 1,    // nothing useful could be done
  kUsage = 2,    // unknown flag, wrong value
  kPartial = 3,  // damaged or partial input; the numbers are given, the loss is printed
  kThresholdFailed = 99,
  kInterrupted = 130,  // Ctrl-C; a full report was printed first
};

}  // namespace millrace
