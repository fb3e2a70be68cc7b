// SPDX-License-Identifier: Apache-2.0
//
// GenerationReplay: a log's requests to language models, by a profile's definitions.
//
//   GenerationReplay requests(*generation_profile("guidellm-0.7.3"), {});
//   auto replayed = replay_logs({"run"}, {.visitor = &requests});
//   const GenerationReport report = requests.report();
//
// Stream    The first whose records are GenerationRecords.
// Left out  What the replay's window leaves out; with the rules of guidellm 0.2.1 what its warmup and
//           cooldown by completion drop. Running statistics are of all requests.
// Memory    GenerationReplayOptions::sort_bytes; beyond it what is sorted goes to a file that has no name.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replay/result_visitor.hpp"
#include "stats/generation_running.hpp"
#include "stats/generation_summary.hpp"
#include "stats/start_histogram.hpp"

namespace millrace {

struct GenerationReplayOptions {
  TokenSources sources = {};
  /// guidellm 0.2.1's phases; start_ns is that of the run.
  CompletionLimits completion = {};
  std::size_t sort_bytes = std::size_t{256} << 20;
  std::string sort_dir = {};  // of the file; "": $TMPDIR, else /tmp
  GenerationSummarizer::Curve curve = GenerationSummarizer::Curve::none;
  std::size_t curve_points = 1'000;
  std::size_t requests_kept = 0;  // of each status, the first ones: for reports that list them
};

struct GenerationReport {
  const GenerationProfile* profile = nullptr;
  std::string stream;  // "": the log has none
  GenerationSummary summary;
  std::optional<TimeWindow> window;
  std::int64_t opened_ns = 0;
  std::optional<GenerationRunning> running;
  std::array<std::vector<GenerationRecord>, kStatusCount> requests;
  std::optional<StartHistogram> starts;  // of the requests that count
};

class GenerationReplay final : public ResultVisitor {
 public:
  GenerationReplay(const GenerationProfile& profile, GenerationReplayOptions options);
  ~GenerationReplay() override;

  void begin(const Summary& summary, std::int64_t opened_ns) override;
  void visit(std::size_t stream, const Slice& all, const Slice& results,
             const NameMap& names) override;
  /// Once, when the log was read.
  [[nodiscard]] Result<GenerationReport> report();

 private:
  void keep(const GenerationRecord& record);

  const GenerationProfile& profile_;
  GenerationReplayOptions options_;
  std::unique_ptr<SortRoom> room_;
  std::unique_ptr<GenerationSummarizer> summarizer_;
  std::optional<std::size_t> stream_;
  GenerationReport report_;
};

/// Whether the records of the schema are GenerationRecords, byte by byte.
bool is_generation(const Schema& schema);

}  // namespace millrace
