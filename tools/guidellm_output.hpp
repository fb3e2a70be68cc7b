// SPDX-License-Identifier: Apache-2.0
//
// What `millrace replay --profile guidellm-...` reads and prints.
#pragma once

#include <memory>
#include <string>

#include "millrace/result.hpp"

#include "phase_options.hpp"
#include "replay/generation_replay.hpp"
#include "replay/log_replay.hpp"

namespace millrace {

bool is_guidellm(const std::string& profile);

/// Sets up `replay` for the profile, with `list` to keep requests, with `curves` for a page; nullptr result: it is none of guidellm's.
Result<std::unique_ptr<GenerationReplay>> guidellm_replay(const std::string& profile,
                                                          const PhaseFlags& phases, bool list,
                                                          bool curves, LogReplayOptions& replay);

/// benchmarks.json of 0.2.1, the metrics of 0.7.3; or a table of either.
std::string guidellm_text(const GenerationReport& report, bool json);

}  // namespace millrace
