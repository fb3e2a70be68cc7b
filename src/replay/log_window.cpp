// SPDX-License-Identifier: Apache-2.0
#include "replay/log_window.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "record/counts.hpp"
#include "record/time_field.hpp"
#include "replay/log_totals.hpp"

namespace millrace {
namespace {

struct Times {
  std::optional<std::int64_t> start_ns, end_ns;
};

// Of one stream's results, by their numbers from 1.
class NumberedResults {
 public:
  NumberedResults(std::span<const LogPart> parts, const RunNumbers& run, std::size_t stream,
                  const Schema& schema)
      : parts_(parts), run_(run), stream_(stream), schema_(schema) {}

  [[nodiscard]] Times of(std::uint64_t wanted) const {
    Times times;
    if (wanted == 0) return times;
    RecordFilter filter(schema_);
    std::uint64_t before = 0;
    for (const LogPart& part : parts_) {
      if (before >= wanted) break;
      log::PartScan scan;
      visit_part(part, scan, [&](const log::Frame& frame, const Slice& all) {
        if (run_.stream(frame.header.stream) != stream_ || before >= wanted) return;
        LeftOut left_out;
        const Slice slice = filter.results(all, left_out);
        if (before + slice.count >= wanted) {
          const std::byte* record =
              slice.records + (wanted - before - 1) * std::size_t{slice.record_size};
          const std::int64_t start = time_at(schema_.start, record);
          const std::int64_t end = time_at(schema_.end, record);
          if (start != kAbsentTime) times.start_ns = start;
          if (end != kAbsentTime) times.end_ns = end;
        }
        before += slice.count;
      });
    }
    return times;
  }

 private:
  std::span<const LogPart> parts_;
  const RunNumbers& run_;
  std::size_t stream_;
  const Schema& schema_;
};

TimeWindow window_of(const StreamStats& stats, const LogPhases& phases,
                     const NumberedResults& results) {
  const TimeSpan& times = stats.times();
  const std::int64_t first = times.first_start_ns.value_or(times.first_end_ns.value_or(0));
  const std::int64_t last = times.last_end_ns.value_or(times.last_start_ns.value_or(first));
  RunMaximum maximum = phases.maximum;
  if (!maximum.requests) maximum.requests = stats.count({});
  if (!maximum.ns) maximum.ns = later_by(last, -first);

  TimeWindow window{first, std::max(first, last)};
  const PhaseLimits warmup = limits_of(phases.warmup, maximum);
  if (warmup.ns) window.begin_ns = later_by(first, *warmup.ns);
  if (warmup.requests) {
    const Times next = results.of(*warmup.requests + 1);
    const std::int64_t begin = next.start_ns.value_or(next.end_ns.value_or(later_by(last, 1)));
    window.begin_ns = std::max(window.begin_ns, begin);
  }
  const PhaseLimits cooldown = limits_of(phases.cooldown, maximum);
  if (cooldown.ns) window.end_ns = later_by(later_by(first, *maximum.ns), -*cooldown.ns);
  if (cooldown.requests) {
    const std::uint64_t n = *maximum.requests, k = *cooldown.requests;
    const Times left = n > k ? results.of(n - k - 1) : Times{};
    const std::int64_t end = left.end_ns.value_or(left.start_ns.value_or(later_by(first, -1)));
    window.end_ns = std::min(window.end_ns, end);
  }
  if (phases.from_ns) window.begin_ns = std::max(window.begin_ns, later_by(first, *phases.from_ns));
  if (phases.to_ns) window.end_ns = std::min(window.end_ns, later_by(first, *phases.to_ns));
  return window;
}

}  // namespace

Result<StreamWindows> windows_of(std::span<const LogPart> parts, const LogTotals& totals,
                                 const LogPhases& phases) {
  if (totals.runs() > 1) {
    return failure(Errc::invalid_argument,
                   fmt::format("warmup, cooldown and windows are of one run, and here are {}; "
                               "choose one (--run)",
                               totals.runs()));
  }
  StreamWindows windows;
  if (totals.runs() == 0) return windows;
  const SummaryParts summary = totals.summary();
  for (std::size_t i = 0; i < summary.streams.size(); ++i) {
    const auto& [name, stats] = summary.streams[i];
    const Schema& schema = stats->schema();
    if (!schema.start && !schema.end) continue;
    windows[name] =
        window_of(*stats, phases, NumberedResults(parts, totals.numbers()[0], i, schema));
  }
  if (windows.empty() && !summary.streams.empty()) {
    return failure(Errc::invalid_argument,
                   "warmup, cooldown and windows need times, and no record has a start or an end");
  }
  return windows;
}

}  // namespace millrace
