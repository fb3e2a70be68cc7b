// SPDX-License-Identifier: Apache-2.0
//
// What `millrace replay --profile llmeter` prints and saves.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "millrace/result.hpp"
#include "millrace/summary.hpp"

#include "ingest/llmeter_run.hpp"
#include "report/rates.hpp"

namespace millrace {

/// The statistics under llmeter's names. A run directory is loaded as llmeter does (`as_loaded`),
/// unless an end time asks for the live statistics; a file gives the live ones.
nlohmann::ordered_json profile_stats(const std::string& profile, const LlmeterRun* run,
                                     const StreamSummary* records, const GivenWindow& given,
                                     bool as_loaded);

/// stats.json as llmeter writes it, or a line a key.
std::string profile_text(const nlohmann::ordered_json& stats, bool json);

Result<void> save_run(const std::string& dir, const std::vector<std::string>& inputs,
                      const LlmeterRun* run, const StreamSummary* records,
                      const nlohmann::ordered_json& stats);

}  // namespace millrace
