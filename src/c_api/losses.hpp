// SPDX-License-Identifier: Apache-2.0
//
// What a reading of logs could not read, as C has it.
#pragma once

#include <cstddef>
#include <span>

#include "millrace/c/replay.h"

#include "replay/log_replay.hpp"

namespace millrace::c_api {

/// `folder_damages`: beside those of the runs.
millrace_losses losses_of(std::span<const RunReport> runs, std::size_t folder_damages,
                          bool interrupted);

}  // namespace millrace::c_api
