// SPDX-License-Identifier: Apache-2.0
//
// StreamStats: all numbers of one stream, by metric, status and label.
//
//   stats.accumulate(slice, {});                       // the aggregator, slice by slice
//   stats.end_segment();                               // sums start anew, and are merged in order
//   stats.percentiles(metric, {Status::ok, {}}, {99}, Rule::linear);
//
// Shape     Moments and a 10-bit histogram are kept by status. Once a label is seen, moments are kept
//           by status and label, too. Exact values are stored once, at (status, label); coarser
//           selections are unions computed when asked.
// Order     Sums depend on the slices, their order and the segments' ends, and on nothing else:
//           segments that were accumulated apart are merged to the same bits.
// Memory    Exact values in the arena; beyond its cap all of them are dropped and the counts stay.
//           A label is admitted when labels_max and label_memory_bytes have room for all that it
//           can come to take (label_bytes()), else counted under "other" (number 1): a matter of the
//           labels seen, not of their values.
// Threads   One at a time for what changes; the queries are reentrant.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/percentile.hpp"
#include "millrace/schema.hpp"
#include "millrace/summary.hpp"

#include "record/column.hpp"
#include "record/record_filter.hpp"
#include "record/slice.hpp"
#include "stats/arena.hpp"
#include "stats/exact_store.hpp"
#include "stats/histogram.hpp"
#include "stats/known_values.hpp"
#include "stats/live_series.hpp"
#include "stats/moments.hpp"
#include "stats/record_key.hpp"
#include "stats/sum.hpp"
#include "stats/wanted.hpp"

namespace millrace {

class GenerationRunning;

/// The exact-value memory of an engine, shared by its streams: when one stream fills it, all drop.
struct ExactMemory {
  explicit ExactMemory(std::size_t cap_bytes) : arena(cap_bytes) {}
  Arena arena;
  bool exact = true;
};

struct StatsLimits {
  std::uint32_t labels_max = 1'024;
  std::size_t label_memory_bytes = std::size_t{256} << 20;
  std::optional<TimeWindow> window = {};  // results that overlap it count
  std::optional<ResultRange> range = {};  // and these
  TokenSources tokens = {};               // of running statistics
  SeriesRules series = {};
};

/// Count, moments and sum; what a status and what a label cell have in common.
struct Tally {
  Moments segment;  // of the one under way; what a slice changes stands together
  Sum segment_sum;
  std::uint64_t absent = 0;
  std::uint64_t invalid = 0;
  Moments total;  // of the segments that have ended
  Sum total_sum;

  void add(const Moments& slice) noexcept { segment.merge(slice); }
  void end_segment() noexcept;
  /// Appends a later segment, which has ended and is the only one of its tally.
  void merge(const Tally& ended) noexcept;
  [[nodiscard]] Moments moments() const noexcept;
  [[nodiscard]] Sum sum() const noexcept;
};

class StreamStats {
 public:
  using Selected = millrace::Selected;
  struct Figures {
    Moments moments;
    double sum = 0;
    Int128 integer_sum = 0;  // of an integer metric: the sum, unrounded
    double mean = 0;         // of integers the exact sum's, which is nearer than the running one
    std::uint64_t absent = 0;
    std::uint64_t invalid = 0;
  };
  struct Bound {  // a goodput limit
    std::size_t metric;
    double at_most;
  };
  using Observer = std::function<void(std::span<const double>)>;

  StreamStats(Schema schema, std::shared_ptr<ExactMemory> memory, StatsLimits limits,
              std::vector<Bound> goodput);
  ~StreamStats();

  void accumulate(const Slice& all, const NameMap& names);
  void end_segment();
  /// Appends a later segment that was accumulated apart: into a StreamStats of the same schema,
  /// limits and goodput, which has seen nothing else and has ended it. `names` maps its numbers to
  /// those of this one, which has no segment under way. The result has the bits that accumulating
  /// the segment's slices here would have given. False, and nothing is changed, when that cannot be
  /// had: one of the two holds values, observers want to see them, labels would have been counted
  /// under "other", here or there, or results are beyond this one's range; the segment's has none. The
  /// segment's slices must then be accumulated here.
  [[nodiscard]] bool merge(const StreamStats& segment, const NameMap& names);
  /// Called when another stream has filled the arena, and by accumulate() when this one has.
  void drop_values();
  [[nodiscard]] bool values_dropped() const noexcept { return values_dropped_; }
  void observe(std::size_t metric, Observer observer);
  [[nodiscard]] std::uint64_t observers_detached() const noexcept { return observers_detached_; }

  [[nodiscard]] const Schema& schema() const noexcept { return schema_; }
  [[nodiscard]] std::uint64_t count(const Selected& selected) const;
  [[nodiscard]] Figures figures(std::size_t metric, const Selected& selected) const;
  /// Exact while values are held. Else those of ranks that are known, or that answer_by()'s function
  /// finds, and the others from the histogram (10 bits) or, by label, the counts, with their error.
  [[nodiscard]] std::vector<std::optional<Percentile>> percentiles(std::size_t metric,
                                                                   const Selected& selected,
                                                                   std::span<const double> ps,
                                                                   Rule rule) const;
  /// Never touches exact values: for snapshots.
  [[nodiscard]] std::vector<Percentile> live_percentiles(std::size_t metric,
                                                         std::span<const double> ps) const;
  /// How many values lie in the histogram's buckets below that of each of `limits`, which ascend.
  /// Nothing by label: there is no such histogram.
  [[nodiscard]] std::vector<std::uint64_t> counts_below(std::size_t metric,
                                                        const Selected& selected,
                                                        std::span<const double> limits) const;
  /// Of percentiles that are not exact: the bound for every metric. 0 when all are, as far as can be
  /// told: values are held, or there is someone to ask; what it does not find is marked one by one.
  [[nodiscard]] double relative_error(const Selected& selected) const noexcept;

  // When values were dropped, order statistics may come from elsewhere: passes over a log.

  /// Runs what it is given, one at a time.
  using Guard = std::function<void(const std::function<void()>&)>;
  /// percentiles() asks `ask` for ranks that are not known, once for all of a call, and remembers
  /// the answer. Queries of several threads need a guard with a lock; without one they are no longer
  /// reentrant.
  void answer_by(OrderStatistics ask, Guard guard = {});
  /// Values that were found before; not while queries run.
  void know(std::size_t metric, const Selected& selected, std::span<const std::uint64_t> ranks,
            std::span<const std::optional<double>> values);
  /// By who holds the guard.
  [[nodiscard]] std::optional<double> known(std::size_t metric, const Selected& selected,
                                            std::uint64_t rank) const {
    return known_.find(metric, selected, rank);
  }
  /// The ranks that percentiles() will need for these, of every metric: of all records, also of each
  /// status, also of each label (with both, of each status of each label, too).
  [[nodiscard]] std::vector<Wanted> wanted_for(std::span<const double> ps,
                                               std::span<const Rule> rules, bool by_status,
                                               bool by_label) const;
  /// The buckets that hold the order statistics of these ranks.
  [[nodiscard]] std::vector<KeyRange> ranges_of(std::size_t metric, const Selected& selected,
                                                std::span<const std::uint64_t> ranks) const;

  /// What a label can come to take, with all its statuses, beside exact values.
  [[nodiscard]] static std::size_t label_bytes(const Schema& schema) noexcept;
  /// How many labels are told apart at most.
  [[nodiscard]] std::uint32_t labels_room() const noexcept { return labels_room_; }
  /// Under which number records of a label are counted: its own or kOtherLabel.
  [[nodiscard]] std::uint16_t counted_as(std::uint16_t label) const noexcept;
  [[nodiscard]] const std::vector<std::uint16_t>& labels() const noexcept { return label_order_; }
  [[nodiscard]] const std::vector<std::uint16_t>& errors() const noexcept { return error_order_; }
  [[nodiscard]] std::uint64_t error_count(std::uint16_t error) const noexcept;
  [[nodiscard]] const TimeSpan& times() const noexcept { return times_; }
  /// Records that count in no statistic, and why.
  [[nodiscard]] const LeftOut& left_out() const noexcept { return left_out_; }
  [[nodiscard]] const std::optional<TimeWindow>& window() const noexcept {
    return filter_.window();
  }
  [[nodiscard]] const std::optional<ResultRange>& range() const noexcept { return filter_.range(); }
  /// Of the last result.
  [[nodiscard]] Phase phase() const noexcept { return filter_.phase(); }
  [[nodiscard]] std::optional<std::uint64_t> good() const noexcept;
  /// nullptr: the records are no GenerationRecords.
  [[nodiscard]] const GenerationRunning* running() const noexcept { return running_.get(); }
  /// nullptr: not asked for. Its queries sort: not while others run.
  [[nodiscard]] LiveSeries* series() const noexcept { return series_.get(); }

 private:
  struct StatusCell;  // of one metric and status
  struct LabelCell;   // of one metric, status and label
  struct LabelKey;    // of one status and label: a LabelCell a metric
  struct Group;       // records of a slice that have one status and label
  struct Scratch;

  [[nodiscard]] bool all_of_one_group(const Slice& slice) const noexcept;
  void group(const Slice& slice, const NameMap& names);
  void accumulate_metric(std::size_t metric, const Slice& slice);
  void note_times() noexcept;
  void note_errors(const Slice& slice, const NameMap& names);
  void note_good(const Slice& slice) noexcept;
  void split_by_label();
  [[nodiscard]] bool under_way() const noexcept;
  void merge_labels(const StreamStats& segment, std::span<const std::uint16_t> numbers);
  void merge_errors(const StreamStats& segment, const NameMap& names);
  StatusCell& status_cell(std::size_t metric, std::size_t status);
  LabelKey& key(std::size_t status, std::uint16_t label);
  [[nodiscard]] std::uint16_t admitted(std::uint16_t label);
  void admit(std::uint16_t label);
  [[nodiscard]] bool admits_all(std::span<const std::uint16_t> labels) const;
  /// All that is selected is in status cells: no label is, or none was seen.
  [[nodiscard]] bool of_statuses(const Selected& selected) const noexcept;
  [[nodiscard]] std::vector<const LabelKey*> keys(const Selected& selected) const;
  [[nodiscard]] Histogram histogram(std::size_t metric, const Selected& selected) const;
  [[nodiscard]] std::vector<const ExactStore*> stores(std::size_t metric,
                                                      const Selected& selected) const;
  void find_exact(std::size_t metric, const Selected& selected,
                  std::span<const std::uint64_t> ranks,
                  std::vector<std::optional<double>>& values) const;
  [[nodiscard]] std::vector<double> approximate(std::size_t metric, const Selected& selected,
                                                std::span<const std::uint64_t> ranks) const;
  [[nodiscard]] double histogram_error(std::size_t metric, const Selected& selected) const noexcept;

  Schema schema_;
  std::shared_ptr<ExactMemory> memory_;
  std::uint32_t labels_room_;
  std::vector<Bound> goodput_;
  RecordFilter filter_;
  LeftOut left_out_;
  std::vector<std::vector<Observer>> observers_;  // by metric
  std::uint64_t observers_detached_ = 0;

  std::vector<std::array<std::unique_ptr<StatusCell>, kStatusCount>> status_cells_;  // by metric
  std::array<std::vector<std::unique_ptr<LabelKey>>, kStatusCount> keys_;  // by status, label
  std::vector<std::uint16_t> label_order_;                                 // as first seen
  enum class Seen : std::uint8_t { no, admitted, refused };
  std::vector<Seen> label_seen_;    // by number
  std::uint32_t labels_named_ = 0;  // admitted, without "" and "other"
  bool labels_refused_ = false;
  bool by_label_ = false;  // until a label is seen, a label cell's moments are its status cell's
  bool values_dropped_ = false;
  std::vector<std::uint64_t> error_counts_;
  std::vector<std::uint16_t> error_order_;
  TimeSpan times_;
  std::uint64_t good_ = 0;
  std::unique_ptr<GenerationRunning> running_;
  std::unique_ptr<LiveSeries> series_;

  OrderStatistics ask_;
  Guard guard_;
  mutable KnownValues known_;  // changed by know() and, under the guard, by queries

  std::unique_ptr<Scratch> scratch_;
};

}  // namespace millrace
