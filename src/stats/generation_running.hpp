// SPDX-License-Identifier: Apache-2.0
//
// GenerationRunning: the running statistics of requests to language models, as guidellm's aggregator keeps
// them while a load is under way: counts by status, the scheduler's state, delays, tokens.
//
//   GenerationRunning running(RunningRules{});
//   if (running.add(record)) ..                       // a result that counts, in the order of completion
//   running.find("request_time")->mean()              // ns
//
// Which     The rows of the profile's table; our own feeds each quantity once. That of guidellm 0.2.1 gives
//           four of them two samples a request, counts what was asked for as tokens, and takes a missing
//           time for one second before its clock began.
// Phases    What is in warmup or cooldown is in these numbers, too; kept() tells whether it is in the
//           report.
// Segments  A level's time is summed segment by segment, so that segments that were accumulated apart
//           are merged to the same bits.
// Cost      About 1 ns a row and record.
// Threads   One at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "record/slice.hpp"
#include "stats/completion_phases.hpp"
#include "stats/running_stat.hpp"
#include "stats/running_table.hpp"
#include "stats/token_counts.hpp"

namespace millrace {

struct RunningRules {
  RunningTable table = RunningTable::millrace;
  TokenSources sources;
  CompletionLimits phases;
};

struct RunningRow {
  const char* name;
  bool is_time;  // ns; else pieces
  void (*take)(const GenerationRecord& record, const TokenSources& sources, RunningStat& stat);
};
/// Rows of one name feed one quantity, in their order.
std::span<const RunningRow> running_rows(RunningTable table);

class GenerationRunning {
 public:
  struct Named {
    const char* name;
    bool is_time;
    RunningStat stat;
  };
  static constexpr std::array<const char*, 5> kScheduler = {
      "created_requests", "queued_requests", "scheduled_requests", "processing_requests",
      "completed_requests"};

  explicit GenerationRunning(const RunningRules& rules);
  /// Notices bring the scheduler's state alone. True: a result.
  bool add(const GenerationRecord& record);
  /// Of GenerationRecords.
  void accumulate(const Slice& slice);
  void end_segment() noexcept;
  /// Appends a later segment, which has seen nothing else and has ended it; phases are not merged.
  void merge(const GenerationRunning& segment) noexcept;

  /// Of the last result.
  [[nodiscard]] bool kept() const noexcept { return kept_; }
  [[nodiscard]] bool in_warmup() const noexcept { return phases_.in_warmup(); }
  [[nodiscard]] bool in_cooldown() const noexcept { return phases_.in_cooldown(); }

  [[nodiscard]] const std::array<RunningStat, 5>& scheduler() const noexcept { return scheduler_; }
  [[nodiscard]] const RunningStat& requests(Status status) const noexcept {
    return requests_[static_cast<std::size_t>(status)];
  }
  [[nodiscard]] const RunningStat& requests() const noexcept { return requests_[kStatusCount]; }
  [[nodiscard]] const std::vector<Named>& metrics() const noexcept { return metrics_; }
  /// nullptr: no quantity of that name.
  [[nodiscard]] const RunningStat* find(std::string_view name) const noexcept;
  /// Requests under way, over time.
  [[nodiscard]] RunningLevel concurrency() const noexcept {
    RunningLevel all = concurrency_;
    all.append(segment_concurrency_);
    return all;
  }

 private:
  RunningRules rules_;
  CompletionPhases phases_;
  std::span<const RunningRow> rows_;
  std::vector<std::size_t> target_;  // of each row
  std::vector<Named> metrics_;
  std::array<RunningStat, 5> scheduler_;
  std::array<RunningStat, kStatusCount + 1> requests_;  // and their total
  RunningLevel concurrency_;                            // of the segments that have ended
  RunningLevel segment_concurrency_;                    // of the one under way
  bool kept_ = false;
};

}  // namespace millrace
