// SPDX-License-Identifier: Apache-2.0
#include "engine/snapshot_builder.hpp"

#include <limits>

#include "engine/running_statistics.hpp"

namespace millrace {
namespace {

constexpr std::size_t kRowsShown = 60;

MetricSnapshot metric_snapshot(const StreamStats& stats, std::size_t metric,
                               std::span<const double> percentiles) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto figures = stats.figures(metric, {});
  const Moments& m = figures.moments;
  const bool empty = m.count == 0;
  MetricSnapshot snapshot{.name = stats.schema().metrics[metric].name,
                          .unit = stats.schema().metrics[metric].unit,
                          .count = m.count,
                          .absent = figures.absent,
                          .invalid = figures.invalid,
                          .sum = figures.sum,
                          .mean = empty ? kNone : figures.mean,
                          .deviation = empty ? kNone : m.deviation(),
                          .min = empty ? kNone : m.min,
                          .max = empty ? kNone : m.max,
                          .percentiles = {}};
  const auto values = stats.live_percentiles(metric, percentiles);
  for (std::size_t i = 0; i < values.size(); ++i) {
    snapshot.percentiles.emplace_back(percentiles[i], values[i]);
  }
  return snapshot;
}

}  // namespace

StreamSnapshot stream_snapshot(const std::string& name, const StreamStats& stats,
                               std::span<const double> percentiles) {
  StreamSnapshot out;
  out.name = name;
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    out.by_status[s] = stats.count({static_cast<Status>(s), {}});
    out.count += out.by_status[s];
  }
  out.phase = stats.phase();
  out.left_out = stats.left_out();
  out.times = stats.times();
  for (std::size_t metric = 0; metric < stats.schema().metrics.size(); ++metric) {
    out.metrics.push_back(metric_snapshot(stats, metric, percentiles));
  }
  out.running = running_statistics(stats);
  if (LiveSeries* const series = stats.series()) out.series = series->rows(kRowsShown, false);
  return out;
}

Snapshot build_snapshot(const Aggregator& aggregator, const EngineOptions& options,
                        std::int64_t elapsed_ns) {
  Snapshot snapshot;
  snapshot.elapsed_ns = elapsed_ns;
  snapshot.accounting = aggregator.accounting();
  snapshot.exact = aggregator.exact();
  for (const auto& stream : aggregator.streams()) {
    snapshot.streams.push_back(
        stream_snapshot(stream.name, *stream.stats, options.live_percentiles));
    snapshot.observers_detached += stream.stats->observers_detached();
  }
  return snapshot;
}

}  // namespace millrace
