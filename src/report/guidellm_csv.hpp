// SPDX-License-Identifier: Apache-2.0
//
// guidellm's benchmarks.csv, made of its benchmarks.json: a line a benchmark, lines end with CR LF.
//
//   std::string csv = guidellm_csv(guidellm_json(report, {}));
//
// 0.2.1     175 columns under one header line: the benchmark, each metric of each status, and its texts.
// 0.7.3     Three header lines: group, field, unit. Distributions whose sum is 0 are left out; of several
//           benchmarks a column is there when one has it. Tool calls are not written.
// Times     By the local clock, without its name.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace millrace {

/// Of either version: the document tells.
std::string guidellm_csv(const nlohmann::ordered_json& document);

}  // namespace millrace
