// SPDX-License-Identifier: Apache-2.0
//
// One number of every record of a llmeter run, in file order: what plots and notebooks ask for.
//
//   auto ttft = llmeter_dimension(run, "time_to_first_token",
//                                 [](const LlmeterRecord& r) { return r.status == Status::ok; });
//
// Absent   NaN, so that columns of one run have the same length. Lines that are no record are left
//          out.
// Errors   not_found: no such dimension, no responses; what the file gives.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"

#include "ingest/llmeter_record.hpp"
#include "ingest/llmeter_run.hpp"

namespace millrace {

using LlmeterFilter = std::function<bool(const LlmeterRecord&)>;

/// `dimension`: a metric of llmeter_schema(). No filter: every record.
Result<std::vector<double>> llmeter_dimension(const LlmeterRun& run, std::string_view dimension,
                                              const LlmeterFilter& filter = nullptr);

}  // namespace millrace
