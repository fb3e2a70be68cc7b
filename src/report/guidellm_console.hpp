// SPDX-License-Identifier: Apache-2.0
//
// The tables that guidellm prints when it is done, made of its benchmarks.json: without colours, and not folded at a
// terminal's width.
//
//   std::string tables = guidellm_console(guidellm_json(report, {}));
//
// 0.2.1     Metadata; requests and tokens; rates and latencies of successful requests. Its latency stands
//           under "(ms)" and is in seconds, as there.
// 0.7.3     Run, texts, images, video, audio and tool calls where there are any, tokens, latencies and
//           throughput: medians and p95, means of rates.
// Times     By the local clock.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace millrace {

/// Of either version: the document tells.
std::string guidellm_console(const nlohmann::ordered_json& document);

std::string guidellm_0_2_1_console(const nlohmann::ordered_json& document);
std::string guidellm_0_7_3_console(const nlohmann::ordered_json& document);

}  // namespace millrace
