// SPDX-License-Identifier: Apache-2.0
#include "engine/running_statistics.hpp"

#include "stats/generation_running.hpp"

namespace millrace {
namespace {

RunningMetric metric_of(const char* name, Unit unit, const RunningStat& stat) {
  return {
      name,       unit, stat.count, static_cast<double>(stat.total), static_cast<double>(stat.last),
      stat.mean()};
}

}  // namespace

std::optional<RunningStatistics> running_statistics(const StreamStats& stats) {
  const GenerationRunning* const running = stats.running();
  if (running == nullptr) return std::nullopt;
  RunningStatistics out;
  for (std::size_t i = 0; i < running->scheduler().size(); ++i) {
    out.metrics.push_back(
        metric_of(GenerationRunning::kScheduler[i], Unit::none, running->scheduler()[i]));
  }
  for (const auto& [name, is_time, stat] : running->metrics()) {
    out.metrics.push_back(metric_of(name, is_time ? Unit::nanoseconds : Unit::none, stat));
  }
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    out.results[s] = running->requests(static_cast<Status>(s)).count;
  }
  out.concurrency = running->concurrency().mean();
  return out;
}

}  // namespace millrace
