// SPDX-License-Identifier: Apache-2.0
#include "stats/generation_summary.hpp"

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>

#include "stats/event_sweep.hpp"

namespace millrace {
namespace {

void earlier(std::optional<std::int64_t>& time, std::int64_t other) {
  time = time ? std::min(*time, other) : other;
}
void later(std::optional<std::int64_t>& time, std::int64_t other) {
  time = time ? std::max(*time, other) : other;
}

}  // namespace

struct GenerationSummarizer::Part {
  Part(const TimeAxis& axis, SortRoom& room) : values(room), events(axis, room) {}
  WeightedSorter values;
  Timeline events;
  std::uint64_t intervals = 0;
  std::optional<std::int64_t> first_start, last_end;  // of its population
};

// Puts what a metric takes from one record into its part.
class GenerationSummarizer::Sink final : public MetricSink {
 public:
  Sink(GenerationSummarizer& all, Part& part) : all_(all), part_(part) {}

  void value(double value, std::int64_t weight) override {
    taken_ = true;
    if (weight >= 0) part_.values.add(Weighted::of(value, static_cast<std::uint64_t>(weight)));
  }
  void interval(std::int64_t begin_ns, std::int64_t end_ns) override {
    if (!on_axis(begin_ns) || !on_axis(end_ns)) return;
    part_.events.add(begin_ns, kOne);
    part_.events.add(end_ns, -kOne);
    ++part_.intervals;
  }
  void event(std::int64_t ns, std::int64_t weight) override {
    if (on_axis(ns)) part_.events.add(ns, weight);
  }
  void spread(std::int64_t first_ns, std::int64_t last_ns, std::int64_t events,
              std::int64_t weight) override {
    if (!on_axis(first_ns) || !on_axis(last_ns)) return;
    part_.events.add_spread(first_ns, last_ns, events, weight);
  }
  [[nodiscard]] bool taken() const noexcept { return taken_; }

 private:
  bool on_axis(std::int64_t ns) {
    taken_ = true;
    const bool on = all_.axis_.key(ns).has_value();
    if (!on) ++all_.summary_.beyond_time;
    return on;
  }

  GenerationSummarizer& all_;
  Part& part_;
  bool taken_ = false;
};

GenerationSummarizer::GenerationSummarizer(const GenerationProfile& profile, std::int64_t origin_ns,
                                           SortRoom& room, Curve curve, std::size_t curve_points)
    : profile_(profile),
      axis_(origin_ns, profile.arithmetic),
      curve_{.curve = curve, .curve_points = curve_points},
      room_(room),
      parts_(profile.metrics.size()) {
  for (auto& by_status : parts_) {
    for (auto& part : by_status) part = std::make_unique<Part>(axis_, room);
  }
}

GenerationSummarizer::~GenerationSummarizer() = default;

void GenerationSummarizer::add(const GenerationRecord& record) {
  const auto status =
      std::min<std::size_t>(static_cast<std::size_t>(record.status), kStatusCount - 1);
  ++summary_.requests[status];
  const auto begin = profile_.begin(record), end = profile_.end(record);
  if (begin) earlier(summary_.first_start_ns, *begin);
  if (end) later(summary_.last_end_ns, *end);
  for (std::size_t metric = 0; metric < parts_.size(); ++metric) {
    Part& part = *parts_[metric][status];
    Sink sink(*this, part);
    profile_.metrics[metric].take(record, sink);
    if (!sink.taken()) continue;
    if (begin) earlier(part.first_start, *begin);
    if (end) later(part.last_end, *end);
  }
}

DistributionRule GenerationSummarizer::counted(DistributionRule::Count count,
                                               std::uint64_t number) const noexcept {
  DistributionRule rule = curve_;
  rule.count = count;
  rule.number = number;
  return rule;
}

// The metric whose events it has beside its own; else itself.
std::size_t GenerationSummarizer::source_of_events(std::size_t metric) const noexcept {
  const char* const with = profile_.metrics[metric].with;
  for (std::size_t other = 0; with != nullptr && other < parts_.size(); ++other) {
    if (std::string_view(profile_.metrics[other].name) == with) return other;
  }
  return metric;
}

Distribution GenerationSummarizer::values(std::size_t metric, const Chosen& statuses) {
  std::vector<WeightedSorter*> sorters;
  for (const std::size_t status : statuses) sorters.push_back(&parts_[metric][status]->values);
  DistributionRule rule = counted(profile_.values.count);
  rule.equal_values_are_one = profile_.values.equal_values_are_one;
  return distribution_of(sorters, rule);
}

struct GenerationSummarizer::Metered {
  Metered(GenerationSummarizer& all, std::size_t of_metric, const Chosen& of_statuses)
      : metric(of_metric),
        statuses(of_statuses),
        borders(all.axis_, all.room_),
        sorted(all.room_) {}
  std::size_t metric;
  const Chosen& statuses;
  Timeline borders;  // events of its own
  WeightedSorter sorted;
  RateTotals totals;
  DistributionRule::Count count = DistributionRule::Count::given;
  std::uint64_t intervals = 0;
  std::unique_ptr<EventMeter> meter;
};

void GenerationSummarizer::meter(Metered& metered, const Window& window) {
  const GenerationMetric& definition = profile_.metrics[metered.metric];
  const TimelineRule rule{profile_.near_seconds, window};
  if (profile_.as_0_2_1) metered.count = DistributionRule::Count::distinct;
  std::optional<std::int64_t> first, last;
  for (const std::size_t status : metered.statuses) {
    const Part& part = *parts_[metered.metric][status];
    if (part.first_start) earlier(first, *part.first_start);
    if (part.last_end) later(last, *part.last_end);
    metered.intervals += part.intervals;
  }
  if (definition.kind == MetricKind::concurrency) {
    metered.meter = profile_.as_0_2_1 ? level_meter_0_2_1(profile_.arithmetic,
                                                          profile_.near_seconds, metered.sorted)
                                      : level_meter(profile_.arithmetic, rule, metered.sorted);
    return;
  }
  if (definition.weight_at_first_start && first) {
    metered.borders.add(*first, *definition.weight_at_first_start);
  }
  if (definition.weight_at_last_end && last) {
    metered.borders.add(*last, *definition.weight_at_last_end);
  }
  metered.meter = profile_.as_0_2_1
                      ? rate_meter_0_2_1(profile_.arithmetic, profile_.near_seconds, metered.sorted)
                      : rate_meter(profile_.arithmetic, rule, metered.sorted, metered.totals);
}

Distribution& GenerationSummarizer::place(std::size_t metric, const Chosen& statuses) {
  auto& distributions = summary_.metrics[metric];
  return statuses.size() == 1 ? distributions.by_status[statuses.front()] : distributions.total;
}

// Metrics that have events in common, of each population.
void GenerationSummarizer::over_time(const std::vector<std::size_t>& metrics,
                                     const std::vector<Chosen>& populations,
                                     const Window& measured) {
  std::deque<Metered> all;
  std::vector<MeterFeed> feeds;
  for (const std::size_t metric : metrics) {
    for (const Chosen& statuses : populations) {
      Metered& metered = all.emplace_back(*this, metric, statuses);
      meter(metered, profile_.metrics[metric].in_window ? measured : std::nullopt);
      std::vector<Timeline*> timelines = {&metered.borders};
      const std::size_t with = source_of_events(metric);
      for (const std::size_t status : statuses) {
        timelines.push_back(&parts_[metric][status]->events);
        if (with != metric) timelines.push_back(&parts_[with][status]->events);
      }
      feeds.push_back({std::move(timelines), *metered.meter});
    }
  }
  sweep(feeds);
  for (const std::size_t metric : metrics) parts_[metric] = {};  // their memory is for what follows
  for (; !all.empty(); all.pop_front()) {
    Metered& metered = all.front();
    const bool rate = profile_.metrics[metered.metric].kind == MetricKind::rate;
    const std::uint64_t number = rate ? metered.totals.count() : metered.intervals;
    Distribution& distribution = place(metered.metric, metered.statuses);
    if (!rate && number == 0 && !profile_.as_0_2_1) continue;
    distribution = distribution_of({&metered.sorted}, counted(metered.count, number));
  }
}

GenerationSummary GenerationSummarizer::finish(const std::optional<TimeWindow>& window) {
  Window measured;
  const auto begin = window ? std::optional(window->begin_ns) : summary_.first_start_ns;
  const auto end = window ? std::optional(window->end_ns) : summary_.last_end_ns;
  if (begin && end && axis_.key(*begin) && axis_.key(*end)) {
    measured = {*axis_.key(*begin), *axis_.key(*end)};
  }

  std::vector<Chosen> populations;
  for (std::size_t status = 0; status < kStatusCount; ++status) populations.push_back({status});
  // Where all are of one status the total is what is said of it.
  const auto only = std::ranges::find(summary_.requests, summary_.total());
  if (only == summary_.requests.end()) populations.push_back({0, 1, 2});

  summary_.metrics.resize(parts_.size());
  for (std::size_t metric = 0; metric < parts_.size(); ++metric) {
    if (profile_.metrics[metric].kind == MetricKind::values) {
      for (const Chosen& statuses : populations) place(metric, statuses) = values(metric, statuses);
      parts_[metric] = {};
    } else if (source_of_events(metric) == metric) {
      std::vector<std::size_t> metrics;
      for (std::size_t other = 0; other < parts_.size(); ++other) {
        if (source_of_events(other) == metric) metrics.push_back(other);
      }
      over_time(metrics, populations, measured);
    }
  }
  for (auto& [by_status, total] : summary_.metrics) {
    if (only == summary_.requests.end()) break;
    total = by_status[static_cast<std::size_t>(only - summary_.requests.begin())];
  }
  return std::move(summary_);
}

}  // namespace millrace
