// SPDX-License-Identifier: Apache-2.0
#include "stats/generation_summary.hpp"

#include <algorithm>
#include <string_view>

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
  const auto status = std::min<std::size_t>(static_cast<std::size_t>(record.status), kStatusCount - 1);
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

std::vector<Timeline*> GenerationSummarizer::events(std::size_t metric, const Chosen& statuses) {
  std::vector<Timeline*> timelines;
  for (const std::size_t status : statuses) timelines.push_back(&parts_[metric][status]->events);
  const char* const with = profile_.metrics[metric].with;
  for (std::size_t other = 0; with != nullptr && other < parts_.size(); ++other) {
    if (std::string_view(profile_.metrics[other].name) != with) continue;
    for (const std::size_t status : statuses) timelines.push_back(&parts_[other][status]->events);
  }
  return timelines;
}

Distribution GenerationSummarizer::concurrency(std::size_t metric, const Chosen& statuses,
                                               const std::optional<Window>& window) {
  const auto timelines = events(metric, statuses);
  WeightedSorter levels(room_);
  if (profile_.as_0_2_1) {
    add_levels_0_2_1(timelines, profile_.near_seconds, levels);
    return distribution_of({&levels}, counted(DistributionRule::Count::distinct));
  }
  std::uint64_t intervals = 0;
  for (const std::size_t status : statuses) intervals += parts_[metric][status]->intervals;
  if (intervals == 0) return {};
  add_levels(timelines, {profile_.near_seconds, window}, levels);
  return distribution_of({&levels}, counted(DistributionRule::Count::given, intervals));
}

Distribution GenerationSummarizer::rate(std::size_t metric, const Chosen& statuses,
                                        const std::optional<Window>& window) {
  auto timelines = events(metric, statuses);
  const GenerationMetric& definition = profile_.metrics[metric];
  std::optional<std::int64_t> first, last;
  for (const std::size_t status : statuses) {
    const Part& part = *parts_[metric][status];
    if (part.first_start) earlier(first, *part.first_start);
    if (part.last_end) later(last, *part.last_end);
  }
  Timeline borders(axis_, room_);
  if (definition.weight_at_first_start && first) {
    borders.add(*first, *definition.weight_at_first_start);
  }
  if (definition.weight_at_last_end && last) borders.add(*last, *definition.weight_at_last_end);
  timelines.push_back(&borders);
  WeightedSorter rates(room_);
  if (profile_.as_0_2_1) {
    add_rates_0_2_1(timelines, profile_.near_seconds, rates);
    return distribution_of({&rates}, counted(DistributionRule::Count::distinct));
  }
  const RateTotals totals = add_rates(timelines, {profile_.near_seconds, window}, rates);
  return distribution_of({&rates}, counted(DistributionRule::Count::given, totals.count()));
}

Distribution GenerationSummarizer::distribution(std::size_t metric, const Chosen& statuses,
                                                const std::optional<Window>& window) {
  switch (profile_.metrics[metric].kind) {
    case MetricKind::values: {
      std::vector<WeightedSorter*> sorters;
      for (const std::size_t status : statuses) sorters.push_back(&parts_[metric][status]->values);
      DistributionRule rule = counted(profile_.values.count);
      rule.equal_values_are_one = profile_.values.equal_values_are_one;
      return distribution_of(sorters, rule);
    }
    case MetricKind::concurrency:
      return concurrency(metric, statuses, window);
    case MetricKind::rate:
      return rate(metric, statuses, window);
  }
  return {};
}

GenerationSummary GenerationSummarizer::finish(const std::optional<TimeWindow>& window) {
  std::optional<Window> measured;
  const auto begin = window ? std::optional(window->begin_ns) : summary_.first_start_ns;
  const auto end = window ? std::optional(window->end_ns) : summary_.last_end_ns;
  if (begin && end && axis_.key(*begin) && axis_.key(*end)) {
    measured = {*axis_.key(*begin), *axis_.key(*end)};
  }

  for (std::size_t metric = 0; metric < parts_.size(); ++metric) {
    const auto in = profile_.metrics[metric].in_window ? measured : std::nullopt;
    StatusDistributions distributions;
    Chosen all;
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      distributions.by_status[status] = distribution(metric, {status}, in);
      all.push_back(status);
    }
    distributions.total = distribution(metric, all, in);
    summary_.metrics.push_back(std::move(distributions));
  }
  return std::move(summary_);
}

}  // namespace millrace
