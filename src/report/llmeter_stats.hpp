// SPDX-License-Identifier: Apache-2.0
//
// llmeter's statistics of a stream, under llmeter's names and by its definitions: percentiles by
// the exclusive rule over the records of every status, failed ones included.
//
//   const LlmeterNumbers numbers = llmeter_numbers(summary["requests"]);
//   const auto stats = llmeter_stats(numbers, end_ns, run.fields);      // to_stats() of llmeter
//   std::string text = llmeter_file_text(stats);                        // report/llmeter_files.hpp
//
// Maps      Flat, in llmeter's order. Whole numbers of tokens are integers where Python's are.
// Streams   Any with llmeter's metrics, or those of GenerationRecord; times are given in seconds.
//           A StreamSnapshot serves a live display: its percentiles are nearest rank, approximate.
// Source    docs/seed-features.md; llmeter 1c0a6e1 (main), 4d9ce3e (pull request 56).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "millrace/result.hpp"
#include "millrace/snapshot.hpp"
#include "millrace/summary.hpp"

#include "ingest/llmeter_run.hpp"

namespace millrace {

/// What llmeter's runner tracks, in its order.
inline constexpr std::array<std::string_view, 5> kLlmeterMetrics = {
    "time_to_last_token", "time_to_first_token", "time_per_output_token", "num_tokens_output",
    "num_tokens_input"};
inline constexpr std::array<double, 3> kLlmeterPercentiles = {50, 90, 99};

struct LlmeterMetric {
  std::string name;
  bool tokens = false;  // whole numbers, if the records are
  std::uint64_t count = 0;
  double sum = 0;
  double mean = 0;                                     // means nothing while count is 0
  std::vector<std::pair<double, double>> percentiles;  // (p, value); empty when count is 0
};

struct LlmeterNumbers {
  std::uint64_t count = 0;
  std::uint64_t failed = 0;
  std::optional<std::int64_t> first_request_ns, last_request_ns;
  std::vector<LlmeterMetric> metrics;

  /// nullptr: not tracked.
  [[nodiscard]] const LlmeterMetric* metric(std::string_view name) const noexcept;
  /// Seconds between the first and the last request; nullopt unless it is more than 0.
  [[nodiscard]] std::optional<double> send_window() const noexcept;
};

/// Metrics that the stream does not have are tracked and empty, as in llmeter.
LlmeterNumbers llmeter_numbers(const StreamSummary& stream,
                               std::span<const std::string_view> metrics = kLlmeterMetrics,
                               std::span<const double> percentiles = kLlmeterPercentiles);
LlmeterNumbers llmeter_numbers(const StreamSnapshot& stream,
                               std::span<const std::string_view> metrics = kLlmeterMetrics,
                               std::span<const double> percentiles = kLlmeterPercentiles);

/// "{metric}-average", "-p50", ..; nothing when the metric is empty.
void add_llmeter_aggregates(const LlmeterMetric& metric, nlohmann::ordered_json& to);

/// RunningStats.to_stats() of llmeter's main branch. `end_ns`: of the run; while it goes on, now.
/// `result`: fields that come first.
nlohmann::ordered_json llmeter_stats(const LlmeterNumbers& numbers,
                                     std::optional<std::int64_t> end_ns = std::nullopt,
                                     const nlohmann::ordered_json& result = {});

/// The same of pull request 56. Both totals are a number or null; a null or 0 goes through.
nlohmann::ordered_json llmeter_pr56_stats(const LlmeterNumbers& numbers,
                                          const nlohmann::ordered_json& total_requests = nullptr,
                                          const nlohmann::ordered_json& total_test_time = nullptr,
                                          const nlohmann::ordered_json& result = {});

/// What llmeter computes of loaded records: `fields` of the run, then other keys and definitions
/// than the live ones. nullptr: no records.
nlohmann::ordered_json llmeter_reloaded_stats(const nlohmann::ordered_json& fields,
                                              const StreamSummary* records);

/// Result.load(dir): reloaded statistics, and what stats.json holds beside them (contributed values
/// survive); without records stats.json as it is.
nlohmann::ordered_json llmeter_load_full(const LlmeterRun& run, const StreamSummary* records);
/// Result.load(dir, load_responses=False): stats.json as it is.
nlohmann::ordered_json llmeter_load_lazy(const LlmeterRun& run);

/// Lays values of the user's over `stats`. invalid_argument, and nothing changed: one is no number.
Result<void> contribute_llmeter_stats(const nlohmann::ordered_json& values,
                                      nlohmann::ordered_json& stats);

}  // namespace millrace
