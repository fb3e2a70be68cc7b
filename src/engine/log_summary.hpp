// SPDX-License-Identifier: Apache-2.0
//
// What Run::finish() asks of replay, which knows the engine and not the other way round: defined in
// replay/log_replay.cpp.
#pragma once

#include <string>

#include "millrace/options.hpp"
#include "millrace/result.hpp"
#include "millrace/summary.hpp"

#include "engine/summary_builder.hpp"
#include "record/run_identity.hpp"

namespace millrace {

/// A summary of what the log of this run holds, with the accounts of `parts`.
Result<Summary> summarize_log(const std::string& dir, const RunIdentity& run,
                              const EngineOptions& options, SummaryParts parts);

}  // namespace millrace
