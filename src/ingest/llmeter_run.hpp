// SPDX-License-Identifier: Apache-2.0
//
// LlmeterRun: a directory in which llmeter left a run: responses.jsonl, summary.json, stats.json,
// run_config.json; any of them may be missing.
//
//   Result<LlmeterRun> run = open_llmeter_run("run");
//   auto replay = replay_files({run->responses->string()}, llmeter_format(true), {});
//   run->recover(replay->summary["requests"]);         // does nothing where summary.json was there
//   auto stats = llmeter_load_full(*run, replay->summary["requests"]);  // report/llmeter_stats.hpp
//
// Missing   Without summary.json (the run was killed) run_config.json gives names and clients, the
//           records give counts and times. A file that cannot be read is treated as missing; notes
//           say so. Unknown keys of summary.json are left out and noted.
// Errors    not_found: none of responses.jsonl (or .gz, .zst), summary.json, stats.json is there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "millrace/result.hpp"
#include "millrace/summary.hpp"

namespace millrace {

struct LlmeterRun {
  std::filesystem::path dir;
  std::optional<std::filesystem::path> responses;  // as it is: .jsonl, .jsonl.gz, .jsonl.zst
  /// The fields of a result in llmeter's order, null where unknown; see empty_llmeter_fields().
  nlohmann::ordered_json fields;
  /// stats.json, its times as in `fields`.
  std::optional<nlohmann::ordered_json> stats;
  bool recovered = false;    // no summary.json: call recover()
  bool interrupted = false;  // stats.json says so
  std::vector<std::string> notes;

  /// Counts and times from the records, if `recovered`.
  void recover(const StreamSummary& records);
};

/// Whether `path` is a directory with one of the files that llmeter writes.
bool is_llmeter_run(const std::filesystem::path& path);

Result<LlmeterRun> open_llmeter_run(const std::filesystem::path& dir);

/// total_requests, clients (1), n_requests, total_test_time (s), model_id, output_path,
/// endpoint_name, provider, run_name, run_description, and the times start_time,
/// first_request_time, last_request_time, end_time as Python's isoformat() writes them: of files
/// without a zone they have none.
nlohmann::ordered_json empty_llmeter_fields();

/// The four keys whose text is a time.
bool is_llmeter_time(std::string_view key);

/// A field that holds a number; a time, in ns since the epoch. nullopt: null or another type.
std::optional<double> number_of(const nlohmann::ordered_json& fields, std::string_view key);
std::optional<std::int64_t> time_ns_of(const nlohmann::ordered_json& fields, std::string_view key);

}  // namespace millrace
