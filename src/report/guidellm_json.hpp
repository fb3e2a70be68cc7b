// SPDX-License-Identifier: Apache-2.0
//
// guidellm's benchmarks.json, of one run, as a tree: as its version 0.2.1 or 0.7.3 writes it, by the report's
// profile. Its YAML, CSV and console tables are made of the same tree.
//
//   const Json document = guidellm_json(report, {});
//   write_python_json(document, guidellm_requests(report), write);
//
// Requests  Those that the report has kept; lists of the tree by status (LongLists), so that memory does not
//           depend on their number.
// Texts     A record holds no prompt and no answer: both are "" in 0.2.1, null in 0.7.3, as what was not sampled.
// Unknown   What no log tells (profile, strategy, backend, worker) is null, {} or -1, or as GuidellmTexts
//           gives it.
// Checked   0.2.1 against files of its own (tests/data/vectors/guidellm); 0.7.3 against its models, and by
//           reading it again. Neither was loaded by guidellm.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "replay/generation_replay.hpp"
#include "report/long_lists.hpp"

namespace millrace {

/// Carried through as they are.
struct GuidellmTexts {
  std::string id, run_id;
  nlohmann::ordered_json args, worker, request_loader, extras;       // 0.2.1
  nlohmann::ordered_json config = nlohmann::ordered_json::object();  // 0.7.3: of the benchmark,
  nlohmann::ordered_json document_config = nlohmann::ordered_json::object();  // of the document
};

nlohmann::ordered_json guidellm_json(const GenerationReport& report, const GuidellmTexts& texts);

/// The report must outlive it.
LongLists guidellm_requests(const GenerationReport& report);

/// The distributions alone, under the profile's names.
nlohmann::ordered_json guidellm_metrics_json(const GenerationReport& report);

}  // namespace millrace
