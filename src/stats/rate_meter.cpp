// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "stats/event_meter.hpp"
#include "stats/near_events.hpp"

namespace millrace {
namespace {

// The rate of one request or token, the most frequent weight: its length alone tells the rest, and the longer
// it is the less is the rate. kHalf: lengths are twice what the rate is over.
template <typename Time, bool kHalf>
struct RateOfOne {
  using Point = typename Time::Point;
  static std::uint64_t code(Point length) noexcept { return ~Time::key(length); }
  static Weighted weighted(Int128 weight, Point length) noexcept {
    const double seconds = kHalf ? Time::seconds(length) / 2 : Time::seconds(length);
    return Weighted::of(units(weight) / seconds, Time::ticks(length));
  }
  static void decode(std::span<const std::uint64_t> codes, std::span<Weighted> items) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      items[i] = weighted(kOne, Time::at(~codes[i]));
    }
  }
  static void tell(WeightedSorter& rates, Int128 weight, Point length) {
    if (weight == kOne) {
      rates.add_code(code(length));
    } else {
      rates.add(weighted(weight, length));
    }
  }
};

template <typename Time>
class RateMeter final : public EventMeter {
 public:
  RateMeter(const TimelineRule& rule, WeightedSorter& rates, RateTotals& totals)
      : near_(rule), rates_(rates), totals_(totals) {
    rates.take_codes(Told::decode);
  }
  void add(std::span<const Weighted> events) override {
    State state = state_;  // in registers
    near_.add(events, [&](const MergedEvent<Time>& event) { next(state, event); });
    state_ = state;
  }
  void finish() override {
    constexpr double kLeast = 1e-6;
    near_.finish([this](const MergedEvent<Time>& event) { next(state_, event); });
    totals_ = state_.totals;
    if (totals_.events < 2) return;
    const auto& [before, event, totals] = state_;
    Told::tell(rates_, event.weight,
               std::max(Time::around(before.at, event.at, event.at), Time::gap_of(2 * kLeast)));
  }

 private:
  using Told = RateOfOne<Time, true>;
  struct State {
    MergedEvent<Time> before, event;  // the last two
    RateTotals totals;
  };
  void next(State& state, const MergedEvent<Time>& next) {
    auto& [before, event, totals] = state;
    const bool first = totals.events++ == 0;
    totals.weight += next.weight;
    if (!first) Told::tell(rates_, event.weight, Time::around(before.at, event.at, next.at));
    before = first ? next : event;
    event = next;
  }

  NearEvents<Time> near_;
  WeightedSorter& rates_;
  RateTotals& totals_;
  State state_;
};

template <typename Time>
class RateMeter_0_2_1 final : public EventMeter {
 public:
  RateMeter_0_2_1(double near_seconds, WeightedSorter& rates)
      : near_({.near_seconds = near_seconds}), rates_(rates) {
    rates.take_codes(Told::decode);
  }
  void add(std::span<const Weighted> events) override {
    near_.add(events, [this](const MergedEvent<Time>& event) { next(event); });
  }
  void finish() override {
    near_.finish([this](const MergedEvent<Time>& event) { next(event); });
  }

 private:
  using Told = RateOfOne<Time, false>;
  void next(const MergedEvent<Time>& event) {
    if (before_) Told::tell(rates_, before_->weight, event.at - before_->at);
    before_ = event;
  }

  NearEvents<Time> near_;
  WeightedSorter& rates_;
  std::optional<MergedEvent<Time>> before_;
};

}  // namespace

std::unique_ptr<EventMeter> rate_meter(TimeAxis::Arithmetic arithmetic, const TimelineRule& rule,
                                       WeightedSorter& rates, RateTotals& totals) {
  return with_time(arithmetic, [&]<typename Time>(Time) -> std::unique_ptr<EventMeter> {
    return std::make_unique<RateMeter<Time>>(rule, rates, totals);
  });
}

std::unique_ptr<EventMeter> rate_meter_0_2_1(TimeAxis::Arithmetic arithmetic, double near_seconds,
                                             WeightedSorter& rates) {
  return with_time(arithmetic, [&]<typename Time>(Time) -> std::unique_ptr<EventMeter> {
    return std::make_unique<RateMeter_0_2_1<Time>>(near_seconds, rates);
  });
}

}  // namespace millrace
