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
// Order     Sums depend on the slices, their order and the segments' ends, and on nothing else.
// Memory    Exact values in the arena; beyond its cap all of them are dropped and the counts stay.
//           Labels beyond labels_max or label_memory_bytes are counted under "other" (number 1).
// Threads   One at a time for what changes; the queries are reentrant.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "millrace/percentile.hpp"
#include "millrace/schema.hpp"
#include "millrace/summary.hpp"

#include "record/column.hpp"
#include "record/slice.hpp"
#include "stats/arena.hpp"
#include "stats/exact_store.hpp"
#include "stats/histogram.hpp"
#include "stats/moments.hpp"
#include "stats/sum.hpp"

namespace millrace {

/// Numbers of labels; 0 and 1 are never given to a name.
inline constexpr std::uint16_t kNoLabel = 0;
inline constexpr std::uint16_t kOtherLabel = 1;

/// The exact-value memory of an engine, shared by its streams: when one stream fills it, all drop.
struct ExactMemory {
  explicit ExactMemory(std::size_t cap_bytes) : arena(cap_bytes) {}
  Arena arena;
  bool exact = true;
};

struct StatsLimits {
  std::uint32_t labels_max = 1'024;
  std::size_t label_memory_bytes = std::size_t{256} << 20;
};

/// Count, moments and sum; what a status and what a label cell have in common.
struct Tally {
  Moments total;    // of the segments that have ended
  Moments segment;  // of the one under way
  Sum total_sum;
  Sum segment_sum;
  std::uint64_t absent = 0;
  std::uint64_t invalid = 0;

  void add(const Moments& slice) noexcept { segment.merge(slice); }
  void end_segment() noexcept;
  [[nodiscard]] Moments moments() const noexcept;
  [[nodiscard]] Sum sum() const noexcept;
};

class StreamStats {
 public:
  /// What a number is about, by numbers: nothing given is everything.
  struct Selected {
    std::optional<Status> status;
    std::optional<std::uint16_t> label;
  };
  struct Figures {
    Moments moments;
    double sum = 0;
    double mean = 0;  // of integers the exact sum's, which is nearer than the running one
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

  void accumulate(const Slice& slice, const NameMap& names);
  void end_segment();
  /// Called when another stream has filled the arena, and by accumulate() when this one has.
  void drop_values();
  [[nodiscard]] bool values_dropped() const noexcept { return values_dropped_; }
  void observe(std::size_t metric, Observer observer);
  [[nodiscard]] std::uint64_t observers_detached() const noexcept { return observers_detached_; }

  [[nodiscard]] const Schema& schema() const noexcept { return schema_; }
  [[nodiscard]] std::uint64_t count(const Selected& selected) const;
  [[nodiscard]] Figures figures(std::size_t metric, const Selected& selected) const;
  /// Exact while values are held; else from the histogram (10 bits) or, by label, the counts.
  [[nodiscard]] std::vector<std::optional<Percentile>> percentiles(std::size_t metric,
                                                                   const Selected& selected,
                                                                   std::span<const double> ps,
                                                                   Rule rule) const;
  /// Never touches exact values: for snapshots.
  [[nodiscard]] std::vector<Percentile> live_percentiles(std::size_t metric,
                                                         std::span<const double> ps) const;
  [[nodiscard]] double relative_error(const Selected& selected) const noexcept;

  [[nodiscard]] const std::vector<std::uint16_t>& labels() const noexcept { return label_order_; }
  [[nodiscard]] const std::vector<std::uint16_t>& errors() const noexcept { return error_order_; }
  [[nodiscard]] std::uint64_t error_count(std::uint16_t error) const noexcept;
  [[nodiscard]] const TimeSpan& times() const noexcept { return times_; }
  [[nodiscard]] std::optional<std::uint64_t> good() const noexcept;

 private:
  struct StatusCell;  // of one metric and status
  struct LabelCell;   // of one metric, status and label
  struct LabelKey;    // of one status and label: a LabelCell a metric
  struct Group;       // records of a slice that have one status and label
  struct Scratch;

  void group(const Slice& slice, const NameMap& names);
  void accumulate_metric(std::size_t metric, const Slice& slice);
  void note_times(const Slice& slice) noexcept;
  void note_errors(const Slice& slice, const NameMap& names);
  void note_good(const Slice& slice) noexcept;
  void split_by_label();
  void look_at_label_memory();
  LabelKey& key(std::size_t status, std::uint16_t label);
  [[nodiscard]] std::uint16_t admitted(std::uint16_t label);
  [[nodiscard]] std::vector<const LabelKey*> keys(const Selected& selected) const;

  Schema schema_;
  std::shared_ptr<ExactMemory> memory_;
  StatsLimits limits_;
  std::vector<Bound> goodput_;
  std::vector<std::vector<Observer>> observers_;  // by metric
  std::uint64_t observers_detached_ = 0;

  std::vector<std::array<std::unique_ptr<StatusCell>, kStatusCount>> status_cells_;  // by metric
  std::array<std::vector<std::unique_ptr<LabelKey>>, kStatusCount> keys_;  // by status, label
  std::vector<std::uint16_t> label_order_;                                 // as first seen
  std::vector<std::uint8_t> label_seen_;                                   // by number
  std::uint32_t labels_named_ = 0;           // of them, without "" and "other"
  std::size_t label_bytes_ = 0;              // as of the last look
  std::uint64_t records_since_look_ = 0;
  bool by_label_ = false;  // until a label is seen, a label cell's moments are its status cell's
  bool values_dropped_ = false;
  std::vector<std::uint64_t> error_counts_;
  std::vector<std::uint16_t> error_order_;
  TimeSpan times_;
  std::uint64_t good_ = 0;

  std::unique_ptr<Scratch> scratch_;
};

}  // namespace millrace
