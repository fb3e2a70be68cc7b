// SPDX-License-Identifier: Apache-2.0
//
// Summary: the final numbers of a run, of each stream, metric, status and label.
//
//   millrace::Summary final = engine.finish().value();
//   const auto& requests = final["requests"];
//   requests.metric("time_to_first_token").percentile(99);              // all statuses
//   requests.metric("time_to_first_token", {.status = millrace::Status::ok}).mean();
//
// Threads   A Summary does not change; any thread may read it. It outlives its engine.
// Cost      Moments are there; an exact percentile is a selection in one bucket: microseconds.
// Accuracy  docs/accuracy.md. exact() says whether percentiles are; relative_error bounds them.
// Empty     count() is 0, numbers are NaN, percentile() is nullopt.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/export.hpp"
#include "millrace/percentile.hpp"
#include "millrace/running.hpp"
#include "millrace/schema.hpp"
#include "millrace/series.hpp"

namespace millrace {

class StreamStats;
class LogSelection;

/// attempted = accepted + rejected; accepted = aggregated + in_flight. Exact, never reset.
struct Accounting {
  std::uint64_t accepted = 0;
  std::uint64_t aggregated = 0;
  std::uint64_t rejected_full = 0;       // no room in the worker's ring
  std::uint64_t rejected_closed = 0;     // after finish() had begun
  std::uint64_t rejected_reentrant = 0;  // push from inside push or between claim and commit
  [[nodiscard]] std::uint64_t rejected() const noexcept {
    return rejected_full + rejected_closed + rejected_reentrant;
  }
  [[nodiscard]] std::uint64_t attempted() const noexcept { return accepted + rejected(); }
  [[nodiscard]] std::uint64_t in_flight() const noexcept { return accepted - aggregated; }
  MILLRACE_API Accounting& operator+=(const Accounting& other) noexcept;
};

/// What became of the records on their way into the log. aggregated = logged + unlogged.
struct LogAccount {
  std::string dir;
  std::uint64_t logged = 0;
  std::uint64_t unlogged = 0;  // aggregated while the log had stopped: `error` says why
  std::uint64_t durable = 0;   // that a sync has covered; EngineOptions::log_sync
  std::uint64_t dropped = 0;   // in segments that log_bytes_max removed
  std::uint64_t segments = 0, bytes = 0;
  bool stopped = false;
  bool mapped = false;  // else written by pwrite
  std::string error;
};

struct WorkerAccount {
  std::uint32_t worker = 0;  // in order of registration, from 1
  std::string stream;
  Accounting accounting;
};

/// Which records a number is about; nothing given: all.
struct Selection {
  std::optional<Status> status;
  std::optional<std::string_view> label;  // "": records without one
};

class MetricSummary {
 public:
  [[nodiscard]] const Metric& metric() const noexcept { return *metric_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t absent() const noexcept { return absent_; }
  [[nodiscard]] std::uint64_t invalid() const noexcept { return invalid_; }
  [[nodiscard]] double sum() const noexcept { return sum_; }  // 0 when empty
  // In the metric's unit (variance in its square); NaN when empty.
  [[nodiscard]] double mean() const noexcept { return mean_; }
  [[nodiscard]] double variance() const noexcept { return variance_; }  // of the population
  [[nodiscard]] double deviation() const noexcept { return deviation_; }
  [[nodiscard]] double skewness() const noexcept { return skewness_; }
  [[nodiscard]] double kurtosis() const noexcept {
    return kurtosis_;
  }  // excess: 0 for a normal one
  [[nodiscard]] double min() const noexcept { return min_; }
  [[nodiscard]] double max() const noexcept { return max_; }

  /// True while every value is held; else percentiles come from the histogram. relative_error()
  /// then bounds order statistics; rules that extrapolate can be further off (docs/accuracy.md).
  [[nodiscard]] bool exact() const noexcept { return exact_; }
  [[nodiscard]] double relative_error() const noexcept { return relative_error_; }

  /// p in [0, 100]. nullopt when empty.
  [[nodiscard]] MILLRACE_API std::optional<Percentile> percentile(
      double p, Rule rule = Rule::nearest_rank) const;
  [[nodiscard]] MILLRACE_API std::vector<std::optional<Percentile>> percentiles(
      std::span<const double> ps, Rule rule = Rule::nearest_rank) const;

  /// How many values are less than each of `limits`, which ascend: what a picture of the distribution
  /// is made of. From the histogram, of which a limit counts as the begin of its bucket: less than
  /// 0.1 % below it, and itself where it is a whole number up to 2,048. Empty for one label's values.
  [[nodiscard]] MILLRACE_API std::vector<std::uint64_t> counts_below(
      std::span<const double> limits) const;

 private:
  friend class StreamSummary;
  std::shared_ptr<const StreamStats> stats_;
  const Metric* metric_ = nullptr;
  std::size_t metric_index_ = 0;
  std::optional<Status> status_;
  std::optional<std::uint16_t> label_;
  std::uint64_t count_ = 0, absent_ = 0, invalid_ = 0;
  double sum_ = 0, mean_ = 0, variance_ = 0, deviation_ = 0, skewness_ = 0, kurtosis_ = 0;
  double min_ = 0, max_ = 0, relative_error_ = 0;
  bool exact_ = true;
};

/// Of the records' own start and end fields; absent without them.
struct TimeSpan {
  std::optional<std::int64_t> first_start_ns, last_start_ns, first_end_ns, last_end_ns;
};

/// Results that overlap it count, with all of their time. Both ends are in it.
struct TimeWindow {
  std::int64_t begin_ns, end_ns;
  bool operator==(const TimeWindow&) const = default;
};

/// Results by their number from 1, in the order in which they were aggregated: that of the log.
struct ResultRange {
  std::uint64_t first = 1, last = ~std::uint64_t{0};
  bool operator==(const ResultRange&) const = default;
};

/// Records that do not count, by why.
struct LeftOut {
  std::uint64_t notices = 0;  // no results (Event)
  std::uint64_t before = 0;   // over before the window or the range began: warmup
  std::uint64_t after = 0;    // begun after its end: cooldown
  std::uint64_t untimed = 0;  // neither start nor end is known
  MILLRACE_API LeftOut& operator+=(const LeftOut& other) noexcept;
};

class StreamSummary {
 public:
  [[nodiscard]] MILLRACE_API const Schema& schema() const noexcept;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] MILLRACE_API std::uint64_t count(const Selection& selection = {}) const;
  /// A name that the schema does not have: an empty summary (count 0).
  [[nodiscard]] MILLRACE_API MetricSummary metric(std::string_view name,
                                                  const Selection& selection = {}) const;
  /// Labels in order of first use; "" stands for records without one, "other" for the overflow.
  [[nodiscard]] MILLRACE_API std::vector<std::string> labels() const;
  /// Error classes and how many records carry them, in order of first use.
  [[nodiscard]] MILLRACE_API std::vector<std::pair<std::string, std::uint64_t>> errors() const;
  [[nodiscard]] MILLRACE_API TimeSpan times() const noexcept;
  /// Records that are in no other number of the stream, but in its accounts.
  [[nodiscard]] MILLRACE_API LeftOut left_out() const noexcept;
  /// When results count, and which of them, where there is a warmup or a cooldown.
  [[nodiscard]] MILLRACE_API std::optional<TimeWindow> window() const noexcept;
  [[nodiscard]] MILLRACE_API std::optional<ResultRange> range() const noexcept;
  /// Records that met every limit of StreamOptions::goodput; nullopt when there was none.
  [[nodiscard]] MILLRACE_API std::optional<std::uint64_t> good() const noexcept;
  /// Of GenerationRecords; nullopt of others.
  [[nodiscard]] MILLRACE_API std::optional<RunningStatistics> running() const;
  /// Of a run with StreamOptions::every; else without rows.
  [[nodiscard]] const Series& series() const noexcept { return series_; }

 private:
  friend class SummaryBuilder;
  friend class Summary;
  std::string name_;
  std::shared_ptr<const StreamStats> stats_;
  std::vector<std::string> label_names_, error_names_;  // by id
  Series series_;
};

class Summary {
 public:
  [[nodiscard]] const std::vector<StreamSummary>& streams() const noexcept { return streams_; }
  /// A name that does not exist: an empty stream.
  [[nodiscard]] MILLRACE_API const StreamSummary& operator[](
      std::string_view stream) const noexcept;
  [[nodiscard]] const Accounting& accounting() const noexcept { return accounting_; }
  /// The first 1,024 workers; where there were more, a last entry with worker 0 sums the others.
  [[nodiscard]] const std::vector<WorkerAccount>& workers() const noexcept { return workers_; }
  [[nodiscard]] std::int64_t elapsed_ns() const noexcept { return elapsed_ns_; }  // open to finish
  /// Of the run that made the summary; nullopt without a log.
  [[nodiscard]] const std::optional<LogAccount>& log() const noexcept { return log_; }
  /// A checksum of all numbers: counts, sums, moments and percentiles by status, moments by label,
  /// accounts, elapsed time. That of finish() and that of the log's replay are equal when nothing is
  /// missing; docs/definitions.md lists what enters.
  [[nodiscard]] MILLRACE_API std::uint64_t digest() const;
  /// Makes the percentiles `ps` by `rule`, over all and by status, and by label if asked, exact in as few
  /// passes over the log as it takes; without it each percentile() that needs one makes a pass of its own.
  /// Nothing to do when values are in memory.
  MILLRACE_API void prepare(std::span<const double> ps, Rule rule, bool by_label = false) const;

 private:
  friend class SummaryBuilder;
  std::vector<StreamSummary> streams_;
  Accounting accounting_;
  std::vector<WorkerAccount> workers_;
  std::int64_t elapsed_ns_ = 0;
  std::optional<LogAccount> log_;
  std::shared_ptr<LogSelection> selection_;  // null: values are held, or there is no log
};

}  // namespace millrace
