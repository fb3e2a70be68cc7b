// SPDX-License-Identifier: Apache-2.0
//
// Timeline: events in time, and what they say about concurrency and rates.
//
//   const TimeAxis axis(first_start_ns);
//   Timeline starts_and_ends(axis, room);
//   starts_and_ends.add(start_ns, kOne);
//   starts_and_ends.add(end_ns, -kOne);
//   WeightedSorter levels(room);
//   add_levels(std::array{&starts_and_ends}, {}, levels);
//   distribution_of({&levels}, {})                       // of concurrency, over time
//
// Memory    8 bytes an event that weighs as the first of its sign does, 16 another, 32 a spread, however many
//           events it has; as the room allows. While it is read, also that of SpreadCursor.
// Cost      A pass over the sorted events; several ask for them at once with sweep().
// Source    guidellm 0.2.1 and 0.7.3; docs/definitions.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "stats/event_meter.hpp"
#include "stats/sorted_source.hpp"
#include "stats/sorter.hpp"
#include "stats/time_axis.hpp"
#include "stats/weighted_sorter.hpp"

namespace millrace {

class Timeline {
 public:
  Timeline(const TimeAxis& axis, SortRoom& room)
      : axis_(axis), rises_(room), falls_(room), spreads_(room) {}
  /// False: beyond the axis.
  bool add(std::int64_t ns, std::int64_t weight) {
    const auto key = axis_.key(ns);
    if (key) add_key(*key, weight);
    return key.has_value();
  }
  /// `events` of this weight each, evenly spaced: the first one step after `first`, the last at `last`.
  bool add_spread(std::int64_t first_ns, std::int64_t last_ns, std::int64_t events,
                  std::int64_t weight);
  /// By a key of the axis.
  void add_key(std::uint64_t key, std::int64_t weight) {
    (weight < 0 ? falls_ : rises_).add({static_cast<std::uint64_t>(weight), key});
  }
  [[nodiscard]] const TimeAxis& axis() const noexcept { return axis_; }
  /// Of all its events together. Nothing is added while they are there.
  [[nodiscard]] std::vector<std::unique_ptr<SortedSource>> sources();

 private:
  const TimeAxis& axis_;
  WeightedSorter rises_,
      falls_;  // by the sign of the weight: those of one sort mostly weigh the same
  Sorter<Spread> spreads_;
};

/// Of one axis; at least one.
using Timelines = std::span<Timeline* const>;

/// What level_meter, level_meter_0_2_1, rate_meter and rate_meter_0_2_1 tell of them.
void add_levels(Timelines timelines, const TimelineRule& rule, WeightedSorter& levels);
void add_levels_0_2_1(Timelines timelines, double near_seconds, WeightedSorter& levels);
RateTotals add_rates(Timelines timelines, const TimelineRule& rule, WeightedSorter& rates);
void add_rates_0_2_1(Timelines timelines, double near_seconds, WeightedSorter& rates);

}  // namespace millrace
