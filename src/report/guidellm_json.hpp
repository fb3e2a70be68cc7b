// SPDX-License-Identifier: Apache-2.0
//
// guidellm's benchmarks.json, of one run: as its version 0.2.1 writes it.
//
//   std::string text = python_json(guidellm_0_2_1_json(report, {}));
//
// Texts     A record holds no prompt and no answer: both are "".
// Unknown   What no log tells (profile, worker, request loader) is null, or as GuidellmTexts gives it.
// Checked   Against files of the real 0.2.1 (tests/data/vectors/guidellm).
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "replay/generation_replay.hpp"

namespace millrace {

/// Carried through as they are.
struct GuidellmTexts {
  std::string id, run_id;
  nlohmann::ordered_json args, worker, request_loader, extras;
};

nlohmann::ordered_json guidellm_0_2_1_json(const GenerationReport& report,
                                           const GuidellmTexts& texts);

/// The metrics alone, under the profile's names; of every version.
nlohmann::ordered_json guidellm_metrics_json(const GenerationReport& report);

}  // namespace millrace
