// SPDX-License-Identifier: Apache-2.0
//
// ExitGuard: finishes engines that are still open when the process calls exit(), so that what was
// accepted is aggregated before static objects go. Takes a second at most: an observer that hangs
// must not keep the process.
#pragma once

#include <memory>

#include "engine/run.hpp"

namespace millrace {

class ExitGuard {
 public:
  static void watch(const std::shared_ptr<Run>& run);
};

}  // namespace millrace
