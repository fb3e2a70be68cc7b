// SPDX-License-Identifier: Apache-2.0
#include "engine/log_selection.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "log/segment_reader.hpp"

namespace millrace {

LogSelection::LogSelection(std::vector<LogPart> parts, std::vector<RunNumbers> runs,
                           const std::vector<NamedStats>& streams, unsigned threads)
    : parts_(std::move(parts)), runs_(std::move(runs)), threads_(std::max(1u, threads)) {
  for (const NamedStats& stream : streams) streams_.push_back(stream.stats);
}

void LogSelection::attach() {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const auto stats = streams_[i].lock();
    if (!stats || !stats->values_dropped()) continue;
    stats->answer_by(
        [self = shared_from_this(), i](std::size_t metric, const Selected& selected,
                                       std::span<const std::uint64_t> ranks) {
          return self->ask(i, metric, selected, ranks);
        },
        [self = shared_from_this()](const std::function<void()>& query) {
          const std::lock_guard lock(self->mutex_);
          query();
        });
  }
}

void LogSelection::prepare(std::span<const double> ps, std::span<const Rule> rules, bool by_label) {
  const std::lock_guard lock(mutex_);
  std::vector<Asked> asked;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const auto stats = streams_[i].lock();
    if (!stats || !stats->values_dropped()) continue;
    auto wanted = stats->wanted_for(ps, rules, true, by_label);
    std::erase_if(wanted, [&](const Wanted& w) {
      return std::all_of(w.ranks.begin(), w.ranks.end(), [&](std::uint64_t rank) {
        return stats->known(w.metric, w.selected, rank).has_value();
      });
    });
    if (!wanted.empty()) asked.push_back({i, std::move(wanted)});
  }
  select(std::move(asked));
}

std::vector<std::optional<double>> LogSelection::ask(std::size_t stream, std::size_t metric,
                                                     const Selected& selected,
                                                     std::span<const std::uint64_t> ranks) {
  const std::lock_guard lock(mutex_);
  select({{stream, {{metric, selected, {ranks.begin(), ranks.end()}}}}});
  std::vector<std::optional<double>> values;
  const auto stats = streams_[stream].lock();
  for (const std::uint64_t rank : ranks) {
    values.push_back(stats ? stats->known(metric, selected, rank) : std::nullopt);
  }
  return values;
}

void LogSelection::select(std::vector<Asked> asked) {
  std::vector<std::size_t> streams;
  std::vector<std::shared_ptr<StreamStats>> stats;
  std::vector<std::unique_ptr<RankSelection>> selections;
  for (Asked& a : asked) {
    auto of = streams_[a.stream].lock();
    if (!of) continue;
    SelectionLimits limits;
    limits.memory_bytes /= asked.size();
    limits.parts = threads_;
    selections.push_back(std::make_unique<RankSelection>(*of, std::move(a.wanted), limits));
    streams.push_back(a.stream);
    stats.push_back(std::move(of));
  }
  const auto more = [](const auto& selection) { return !selection->done(); };
  while (std::any_of(selections.begin(), selections.end(), more)) pass(streams, selections);
  for (std::size_t i = 0; i < selections.size(); ++i) {
    const auto& wanted = selections[i]->wanted();
    for (std::size_t w = 0; w < wanted.size(); ++w) {
      stats[i]->know(wanted[w].metric, wanted[w].selected, wanted[w].ranks,
                     selections[i]->values(w));
    }
  }
}

void LogSelection::pass(std::span<const std::size_t> streams,
                        std::span<const std::unique_ptr<RankSelection>> selections) {
  ++passes_;
  std::vector<RankSelection*> by_stream(streams_.size(), nullptr);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (!selections[i]->done()) by_stream[streams[i]] = selections[i].get();
  }
  // Results have their numbers in the order of the log alone.
  const bool in_order = std::any_of(streams_.begin(), streams_.end(), [](const auto& stream) {
    const auto stats = stream.lock();
    return stats && stats->range();
  });
  each_in_parallel(parts_.size(), in_order ? 1 : threads_, [&](std::size_t part, unsigned thread) {
    const RunNumbers& run = runs_[parts_[part].run];
    log::PartScan scan;
    visit_part(parts_[part], scan, [&](const log::Frame& frame, const Slice& slice) {
      const std::size_t stream = run.stream(frame.header.stream);
      if (stream == RunNumbers::kNoStream || by_stream[stream] == nullptr) return;
      by_stream[stream]->part(thread).accumulate(slice, run.names());
    });
  });
  for (RankSelection* selection : by_stream) {
    if (selection != nullptr) selection->end_pass();
  }
}

Result<std::vector<LogPart>> parts_of_run(const std::string& dir, std::uint64_t run) {
  auto folder = log::LogFolder::list(dir);
  if (!folder) return tl::unexpected(std::move(folder).error());
  std::vector<LogPart> parts;
  for (const log::RunFiles& files : folder->runs) {
    if (files.identity.run != run) continue;
    for (const log::SegmentPath& segment : files.segments) {
      parts.push_back(segment_part(segment.path, 0));
    }
  }
  if (!parts.empty()) return parts;
  return failure(Errc::not_found,
                 fmt::format("log: '{}' has no segment of run {} any more", dir, hex(run)));
}

}  // namespace millrace
