// SPDX-License-Identifier: Apache-2.0
//
// What the process tells its caller.
#pragma once

namespace millrace {

enum ExitCode : int {
  kOk = 0,
  kError = 1,  // nothing useful could be done
  kUsage = 2,  // unknown flag, wrong value
  kPartial =
      3,  // numbers are given, the loss is printed: lines of a file that could not be read; a
          // log whose run was not closed, or that leaves records out and says so
  kDamaged = 4,       // a log that was changed: damage, or records or segments that are missing
  kIncompatible = 5,  // a log of another version of the format
  kThresholdFailed = 99,
  kInterrupted = 130,  // Ctrl-C; a full report was printed first
};

}  // namespace millrace
