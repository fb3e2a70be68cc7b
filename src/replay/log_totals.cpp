// SPDX-License-Identifier: Apache-2.0
#include "replay/log_totals.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "transport/ring_set.hpp"

namespace millrace {
namespace {

constexpr std::uint32_t kAccountsKept = detail::RingSet::kAccountsKept;

}  // namespace

// Values are never held: percentiles come from passes.
std::unique_ptr<StreamStats> LogTotals::make_stats(const log::StreamText& text, const Rules& rules,
                                                   bool part) {
  auto no_values = std::make_shared<ExactMemory>(0);
  no_values->exact = false;
  std::vector<StreamStats::Bound> bounds;
  for (const Limit& limit : rules.goodput ? *rules.goodput : text.goodput) {
    // A limit of another stream's metric is none of this one.
    if (const auto metric = text.schema.find_metric(limit.metric)) {
      bounds.push_back({*metric, limit.at_most});
    }
  }
  StatsLimits limits{text.labels_max, text.label_memory_bytes, {}, {}, text.tokens};
  if (rules.logged_phases) {
    limits.window = text.window;
    if (!part) limits.range = text.range;
  }
  if (const auto at = rules.windows.find(text.name); at != rules.windows.end()) {
    limits.window = at->second;
  }
  return std::make_unique<StreamStats>(text.schema, std::move(no_values), limits,
                                       std::move(bounds));
}

PartNumbers LogTotals::accumulate(const LogPart& part, const Rules& rules) {
  PartNumbers numbers;
  visit_part(part, numbers.scan, [&](const log::Frame& frame, const Slice& slice) {
    const std::uint16_t stream = frame.header.stream;
    if (stream >= numbers.streams.size()) numbers.streams.resize(std::size_t{stream} + 1);
    auto& stats = numbers.streams[stream];
    if (!stats) stats = make_stats(numbers.scan.names.streams.at(stream), rules, true);
    stats->accumulate(slice, {});
  });
  for (const auto& stats : numbers.streams) {
    if (stats) stats->end_segment();
  }
  return numbers;
}

Result<void> LogTotals::merge(const PartNumbers& numbers, const LogPart& part,
                              std::optional<std::uint64_t> index) {
  if (part.run >= scans_.size()) {
    scans_.resize(part.run + 1);
    runs_.resize(part.run + 1);
  }
  RunNumbers& run = runs_[part.run];
  scans_[part.run].add(numbers.scan, index);
  if (auto learnt = learn(numbers.scan.names, run); !learnt) return learnt;
  const auto merged = [&](std::size_t stream) {
    return streams_[run.streams[stream]].stats->merge(*numbers.streams[stream], run.names());
  };
  std::vector<bool> in_sequence(numbers.streams.size());
  bool any = false;
  for (std::size_t i = 0; i < numbers.streams.size(); ++i) {
    if (numbers.streams[i] == nullptr) continue;
    in_sequence[i] = !merged(i);
    any = any || in_sequence[i];
  }
  if (!any) return {};
  // So many labels that which of them are told apart depends on what came before, or results whose
  // numbers decide whether they count: the slices are taken again, in sequence.
  log::PartScan again;
  visit_part(part, again, [&](const log::Frame& frame, const Slice& slice) {
    const std::uint16_t stream = frame.header.stream;
    if (in_sequence[stream]) {
      streams_[run.streams[stream]].stats->accumulate(slice, run.names());
    }
  });
  for (std::size_t i = 0; i < in_sequence.size(); ++i) {
    if (in_sequence[i]) streams_[run.streams[i]].stats->end_segment();
  }
  return {};
}

// Every segment repeats what came before it: what is known already is passed over.
Result<void> LogTotals::learn(const log::RunNames& names, RunNumbers& run) {
  for (const auto& [number, text] : names.streams) {
    if (number < run.streams.size() && run.streams[number] != RunNumbers::kNoStream) {
      const log::StreamText& known = texts_[run.streams[number]];
      if (known.name == text.name && known.schema == text.schema) continue;
      return failure(Errc::format,
                     fmt::format("stream {} is '{}' and later '{}', or has another schema "
                                 "then: no log that millrace wrote has that",
                                 number, known.name, text.name));
    }
    const auto index = stream(text);
    if (!index) return tl::unexpected(index.error());
    if (number >= run.streams.size()) {
      run.streams.resize(std::size_t{number} + 1, RunNumbers::kNoStream);
    }
    run.streams[number] = *index;
  }
  const auto add = [](const std::map<std::uint16_t, std::string>& from, Names& to,
                      std::vector<std::uint16_t>& numbers) {
    if (numbers.empty()) numbers = {kNoLabel, kOtherLabel};
    for (auto at = from.lower_bound(
             static_cast<std::uint16_t>(std::min<std::size_t>(numbers.size(), 0xFFFF)));
         at != from.end(); ++at) {
      numbers.resize(at->first, kOtherLabel);  // names that are missing
      numbers.push_back(to.number(at->second));
    }
  };
  add(names.labels, labels_, run.labels);
  add(names.error_classes, errors_, run.errors);
  return {};
}

Result<std::size_t> LogTotals::stream(const log::StreamText& text) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].name != text.name) continue;
    if (rules_.logged_phases && (text.range || texts_[i].range)) {
      return failure(Errc::format,
                     fmt::format("stream '{}' has phases by results, which are of one run: replay "
                                 "the runs apart (--run)",
                                 text.name));
    }
    if (rules_.logged_phases && text.window != texts_[i].window) {
      return failure(Errc::format,
                     fmt::format("stream '{}' was measured at another time in another run: replay "
                                 "the runs apart (--run)",
                                 text.name));
    }
    if (texts_[i].schema == text.schema) return i;
    return failure(Errc::format,
                   fmt::format("stream '{}' has another schema in another run: replay the runs "
                               "apart (--run)",
                               text.name));
  }
  streams_.push_back({text.name, make_stats(text, rules_, false)});
  texts_.push_back(text);
  return streams_.size() - 1;
}

SummaryParts LogTotals::summary() const {
  SummaryParts parts{.streams = streams_,
                     .labels = labels_.all(),
                     .errors = errors_.all(),
                     .workers = {},
                     .elapsed_ns = 0,
                     .log = std::nullopt};
  WorkerAccount rest;
  for (std::size_t r = 0; r < scans_.size(); ++r) {
    const log::RunScan& scan = scans_[r];
    std::map<std::uint32_t, WorkerAccount> workers;
    for (const auto& [worker, entry] : scan.accounts) {
      const std::size_t stream = runs_[r].stream(static_cast<std::uint16_t>(entry.stream));
      workers[worker] = {worker,
                         stream == RunNumbers::kNoStream ? "" : streams_[stream].name,
                         {.accepted = entry.accepted,
                          .aggregated = 0,
                          .rejected_full = entry.rejected_full,
                          .rejected_closed = entry.rejected_closed,
                          .rejected_reentrant = entry.rejected_reentrant}};
    }
    for (const auto& [worker, records] : scan.logged) {
      const bool listed = worker <= kAccountsKept || workers.contains(worker);
      WorkerAccount& account = workers[listed ? worker : 0];
      account.worker = listed ? worker : 0;
      account.accounting.aggregated += records;
      if (const auto of = scan.stream_of.find(worker); listed && of != scan.stream_of.end()) {
        const std::size_t stream = runs_[r].stream(static_cast<std::uint16_t>(of->second));
        if (stream != RunNumbers::kNoStream) account.stream = streams_[stream].name;
      }
      // A run that was not closed may have logged more than its last account knew.
      const auto until = scan.logged_until.find(worker);
      if (listed && until != scan.logged_until.end()) {
        account.accounting.accepted = std::max(account.accounting.accepted, until->second);
      }
    }
    for (auto& [worker, account] : workers) {
      if (worker == 0 || worker > kAccountsKept) {
        account.accounting.accepted =
            std::max(account.accounting.accepted, account.accounting.aggregated);
        rest.accounting += account.accounting;
      } else {
        parts.workers.push_back(std::move(account));
      }
    }
  }
  parts.workers.push_back(std::move(rest));
  return parts;
}

}  // namespace millrace
