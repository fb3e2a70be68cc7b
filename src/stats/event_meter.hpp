// SPDX-License-Identifier: Apache-2.0
//
// EventMeter: what events in time say about concurrency or about rates, told as they come.
//
//   WeightedSorter levels(room);
//   const auto meter = level_meter(axis.arithmetic(), {.near_seconds = 1e-4}, levels);
//   meter->add(events);      // ascending, as often as one likes
//   meter->finish();
//   distribution_of({&levels}, {})                       // of concurrency, over time
//
// Merging   An event takes in all that follow within the threshold, at its own time; the first beyond it is
//           the next to do so. Equal times always are one event.
// Cost      2 to 3 ns an event; 15 for each rate that is told.
// Source    guidellm 0.2.1 and 0.7.3; docs/definitions.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "stats/sum.hpp"
#include "stats/time_axis.hpp"
#include "stats/weighted_sorter.hpp"

namespace millrace {

struct TimelineRule {
  double near_seconds = 0;  // the threshold
  struct Window {
    std::uint64_t begin_key, end_key;
  };
  std::optional<Window> window = {};
};

class EventMeter {
 public:
  virtual ~EventMeter() = default;
  virtual void add(std::span<const Weighted> events) = 0;
  /// There are no more.
  virtual void finish() = 0;
};

/// Of events +weight and -weight at the starts and ends of requests: each level of concurrency with the ticks
/// for which it held, from the first event to the last, or the window. Levels below 0 count as 0.
std::unique_ptr<EventMeter> level_meter(TimeAxis::Arithmetic arithmetic, const TimelineRule& rule,
                                        WeightedSorter& levels);
/// guidellm 0.2.1: events within the threshold of one another add their levels, not their changes.
std::unique_ptr<EventMeter> level_meter_0_2_1(TimeAxis::Arithmetic arithmetic, double near_seconds,
                                              WeightedSorter& levels);

struct RateTotals {
  std::uint64_t events = 0;  // after merging
  Int128 weight = 0;         // of them, in 2^-32
  /// In whole units; below 0 it is 0.
  [[nodiscard]] std::uint64_t count() const noexcept {
    return weight < 0 ? 0 : static_cast<std::uint64_t>((weight + kOne / 2) / kOne);
  }
};
/// Each event's weight a second, over half of the way to either neighbour; weighs that time, in half ticks.
/// The last event's is 1 us at least. Of one event nothing is known. Events beyond the window are left out,
/// and its borders are events of no weight.
std::unique_ptr<EventMeter> rate_meter(TimeAxis::Arithmetic arithmetic, const TimelineRule& rule,
                                       WeightedSorter& rates, RateTotals& totals);
/// guidellm 0.2.1: an event's weight over the way to the next one; weighs that time, in ticks.
std::unique_ptr<EventMeter> rate_meter_0_2_1(TimeAxis::Arithmetic arithmetic, double near_seconds,
                                             WeightedSorter& rates);

}  // namespace millrace
