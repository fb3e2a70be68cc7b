// SPDX-License-Identifier: Apache-2.0
#include "stats/timeline.hpp"

#include <array>

#include "stats/event_sweep.hpp"
#include "stats/spread_cursor.hpp"

namespace millrace {
namespace {

TimeAxis::Arithmetic arithmetic_of(Timelines timelines) {
  return timelines.front()->axis().arithmetic();
}

void sweep_for(EventMeter& meter, Timelines timelines) {
  sweep(std::array{MeterFeed{{timelines.begin(), timelines.end()}, meter}});
}

}  // namespace

bool Timeline::add_spread(std::int64_t first_ns, std::int64_t last_ns, std::int64_t events,
                          std::int64_t weight) {
  const auto first = axis_.key(first_ns), last = axis_.key(last_ns);
  if (!first || !last) return false;
  const Spread spread{*first, *last, events, weight};
  if (events == 1) {
    add_key(with_time(axis_.arithmetic(),
                      [&]<typename Time>(Time) { return SpreadWalk<Time>(spread, 0).key(); }),
            weight);
  } else if (events > 1) {
    spreads_.add(spread);
  }
  return true;
}

std::vector<std::unique_ptr<SortedSource>> Timeline::sources() {
  std::vector<std::unique_ptr<SortedSource>> sources;
  for (WeightedSorter* events : {&rises_, &falls_}) {
    if (events->size() != 0) sources.push_back(std::make_unique<WeightedCursor>(*events));
  }
  if (spreads_.size() != 0) {
    with_time(axis_.arithmetic(), [&]<typename Time>(Time) {
      sources.push_back(std::make_unique<SpreadCursor<Time>>(spreads_));
    });
  }
  return sources;
}

void add_levels(Timelines timelines, const TimelineRule& rule, WeightedSorter& levels) {
  sweep_for(*level_meter(arithmetic_of(timelines), rule, levels), timelines);
}

void add_levels_0_2_1(Timelines timelines, double near_seconds, WeightedSorter& levels) {
  sweep_for(*level_meter_0_2_1(arithmetic_of(timelines), near_seconds, levels), timelines);
}

RateTotals add_rates(Timelines timelines, const TimelineRule& rule, WeightedSorter& rates) {
  RateTotals totals;
  sweep_for(*rate_meter(arithmetic_of(timelines), rule, rates, totals), timelines);
  return totals;
}

void add_rates_0_2_1(Timelines timelines, double near_seconds, WeightedSorter& rates) {
  sweep_for(*rate_meter_0_2_1(arithmetic_of(timelines), near_seconds, rates), timelines);
}

}  // namespace millrace
