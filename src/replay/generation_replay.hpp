// SPDX-License-Identifier: Apache-2.0
//
// GenerationReplay: a log's requests to language models, by a profile's definitions.
//
//   GenerationReplay requests(*generation_profile("guidellm-0.7.3"), {});
//   auto replayed = replay_logs({"run"}, {.visitors = {&requests}});
//   const GenerationReport report = requests.report();
//
// Stream    The first whose records are GenerationRecords; joined with the first of ModalityRecords.
// Left out  What the replay's window leaves out; with the rules of guidellm 0.2.1 what its warmup and
//           cooldown by completion drop. Running statistics are of all requests.
// Kept      For reports that list requests (KeptRequests): with the rules of 0.2.1 those that are not left
//           out, with those of 0.7.3 all results, whatever the window.
// Tokens    Of summary, kept requests and 0.7.3's running statistics: as TokenSources have it.
// Memory    GenerationReplayOptions::sort_bytes and KeptRequests; beyond it what is sorted and what is kept
//           goes to files that have no name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "replay/kept_requests.hpp"
#include "replay/modality_join.hpp"
#include "replay/result_visitor.hpp"
#include "stats/generation_running.hpp"
#include "stats/generation_summary.hpp"
#include "stats/modality_summary.hpp"
#include "stats/start_histogram.hpp"

namespace millrace {

struct GenerationReplayOptions {
  TokenSources sources = {};
  /// guidellm 0.2.1's phases; start_ns is that of the run.
  CompletionLimits completion = {};
  std::size_t sort_bytes = std::size_t{256} << 20;
  std::string sort_dir = {};  // of the file; "": $TMPDIR, else /tmp
  GenerationSummarizer::Curve curve = GenerationSummarizer::Curve::none;
  std::optional<std::uint64_t> sample = 0;  // kept of each status; nullopt: all
  std::size_t curve_points = 1'000;
};

struct GenerationReport {
  const GenerationProfile* profile = nullptr;
  std::string stream;  // "": the log has none
  GenerationSummary summary;
  std::optional<TimeWindow> window;
  std::int64_t opened_ns = 0, finished_ns = 0;
  std::optional<std::int64_t> first_start_ns, last_end_ns;  // of all results
  std::optional<GenerationRunning> running;
  TokenSources sources;
  std::vector<std::string> errors;            // names, by a kept request's error class
  std::unique_ptr<KeptRequests> requests;     // null: nothing was read
  std::optional<ModalitySummary> modalities;  // of a log with a stream of ModalityRecords
  std::uint64_t modalities_unmatched = 0;     // their records without one request
  std::optional<StartHistogram> starts;       // of the requests that count
};

class GenerationReplay final : public ResultVisitor {
 public:
  GenerationReplay(const GenerationProfile& profile, GenerationReplayOptions options);
  ~GenerationReplay() override;

  void begin(const Summary& summary, std::int64_t opened_ns,
             std::span<const std::string> errors) override;
  void visit(std::size_t stream, const Slice& all, const Slice& results,
             const NameMap& names) override;
  /// Once, when the log was read.
  [[nodiscard]] Result<GenerationReport> report();

 private:
  [[nodiscard]] GenerationRecord believed(const std::byte* record, const NameMap& names) const;
  void count(const GenerationRecord& record);
  void join_modalities();
  void note_times(const GenerationRecord& record);

  const GenerationProfile& profile_;
  GenerationReplayOptions options_;
  std::unique_ptr<SortRoom> room_;
  std::unique_ptr<GenerationSummarizer> summarizer_;
  std::int64_t origin_ns_ = 0;
  std::optional<std::size_t> modality_stream_;
  std::unique_ptr<ModalityJoin> join_;
  std::optional<std::size_t> stream_;
  GenerationReport report_;
};

}  // namespace millrace
