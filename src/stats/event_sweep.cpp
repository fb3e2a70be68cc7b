// SPDX-License-Identifier: Apache-2.0
#include "stats/event_sweep.hpp"

#include <algorithm>
#include <limits>
#include <memory>

namespace millrace {
namespace {

using Spans = std::vector<std::span<const Weighted>>;

struct Line {
  explicit Line(Timeline& of) : timeline(&of), sources(of.sources()) {}

  [[nodiscard]] std::uint64_t bound() {
    std::uint64_t bound = std::numeric_limits<std::uint64_t>::max();
    std::erase_if(sources, [](const auto& source) { return source->at_end(); });
    for (const auto& source : sources) bound = std::min(bound, source->bound());
    return bound;
  }
  void take(std::uint64_t through, Spans& spans) {
    spans.clear();
    for (const auto& source : sources) spans.push_back(source->take(through));
    events = merger.merge(spans);
  }

  Timeline* timeline;
  std::vector<std::unique_ptr<SortedSource>> sources;
  SpanMerger merger;
  std::span<const Weighted> events;  // of this piece
};

}  // namespace

void sweep(std::span<const MeterFeed> feeds) {
  std::vector<Line> lines;
  for (const MeterFeed& feed : feeds) {
    for (Timeline* timeline : feed.timelines) {
      const auto known = std::ranges::find(lines, timeline, &Line::timeline);
      if (known == lines.end()) lines.emplace_back(*timeline);
    }
  }
  Spans spans;
  SpanMerger merger;
  for (;;) {
    std::uint64_t through = std::numeric_limits<std::uint64_t>::max();
    bool any = false;
    for (Line& line : lines) {
      through = std::min(through, line.bound());
      any = any || !line.sources.empty();
    }
    if (!any) break;
    for (Line& line : lines) line.take(through, spans);
    for (const MeterFeed& feed : feeds) {
      spans.clear();
      for (const Timeline* timeline : feed.timelines) {
        spans.push_back(std::ranges::find(lines, timeline, &Line::timeline)->events);
      }
      const auto events = merger.merge(spans);
      if (!events.empty()) feed.meter.add(events);
    }
  }
  for (const MeterFeed& feed : feeds) feed.meter.finish();
}

}  // namespace millrace
