// SPDX-License-Identifier: Apache-2.0
#include "engine/measured.hpp"

#include <limits>

#include "record/counts.hpp"

namespace millrace {
Result<Measured> measured(const Phases& phases, std::int64_t now_ns) {
  const std::int64_t warmup = phases.warmup.count(), cooldown = phases.cooldown.count();
  const std::int64_t time_max = phases.time_max.count();
  if (warmup < 0 || cooldown < 0 || time_max < 0) {
    return failure(Errc::invalid_argument, "phases: a time is negative");
  }
  if (cooldown != 0 && time_max == 0) {
    return failure(Errc::invalid_argument, "phases: a cooldown by time needs time_max");
  }
  if (phases.cooldown_results != 0 && phases.results_max == 0) {
    return failure(Errc::invalid_argument, "phases: a cooldown by results needs results_max");
  }
  Measured measured;
  if (warmup != 0 || cooldown != 0) {
    const std::int64_t start = phases.start_ns.value_or(now_ns);
    measured.window = TimeWindow{later_by(start, warmup), std::numeric_limits<std::int64_t>::max()};
    if (cooldown != 0) measured.window->end_ns = later_by(later_by(start, time_max), -cooldown);
  }
  if (phases.warmup_results != 0 || phases.cooldown_results != 0) {
    measured.range.emplace();
    measured.range->first =
        phases.warmup_results + (phases.warmup_results != ~std::uint64_t{0} ? 1 : 0);
    if (phases.cooldown_results != 0) {
      // All of it cooldown: none counts.
      measured.range->last = phases.results_max > phases.cooldown_results
                                 ? phases.results_max - phases.cooldown_results
                                 : 0;
    }
  }
  return measured;
}

}  // namespace millrace
