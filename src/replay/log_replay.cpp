// SPDX-License-Identifier: Apache-2.0
#include "replay/log_replay.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/log_selection.hpp"
#include "engine/log_summary.hpp"
#include "log/segment_reader.hpp"
#include "record/caught.hpp"
#include "record/counts.hpp"
#include "record/record_filter.hpp"
#include "replay/log_runs.hpp"
#include "replay/log_totals.hpp"
#include "stats/digest.hpp"
#include "stats/float_environment.hpp"

namespace millrace {
namespace {

// A segment of one of the runs.
struct Place {
  std::size_t run;
  std::size_t segment;
};

// Takes the parts' numbers in any order, near one another, and merges them in theirs.
class InOrder {
 public:
  using Merge = std::function<Result<void>(std::size_t index, const PartNumbers& numbers)>;
  InOrder(std::size_t ahead, Merge merge) : ahead_(ahead), merge_(std::move(merge)) {}

  // Waits while the part is too far ahead, so that the numbers that wait are few. False: give up.
  bool may_begin(std::size_t index) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return index < next_ + ahead_ || failed(); });
    return !failed();
  }

  void give(std::size_t index, PartNumbers numbers) {
    std::unique_lock lock(mutex_);
    waiting_.emplace(index, std::move(numbers));
    // Whoever brings the next part merges it and all that follow; the others go on reading.
    while (!merging_ && !failed()) {
      const auto at = waiting_.find(next_);
      if (at == waiting_.end()) return;
      const PartNumbers part = std::move(at->second);
      waiting_.erase(at);
      merging_ = true;
      lock.unlock();
      Result<void> merged = merge_(next_, part);
      lock.lock();
      merging_ = false;
      if (!merged) error_ = std::move(merged).error();
      ++next_;
      moved_.notify_all();
    }
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    moved_.notify_all();
  }

  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

 private:
  [[nodiscard]] bool failed() const noexcept { return error_.has_value() || stopped_; }

  const std::size_t ahead_;
  const Merge merge_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::map<std::size_t, PartNumbers> waiting_;
  std::size_t next_ = 0;
  bool merging_ = false;
  bool stopped_ = false;
  std::optional<Error> error_;
};

unsigned threads_for(unsigned asked) {
  return asked != 0 ? asked : std::max(1u, std::thread::hardware_concurrency());
}

bool stopped(const LogReplayOptions& options) noexcept {
  // order: relaxed; a wish to stop, with which no data goes.
  return options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
}

}  // namespace

RunReport report_of(const LogRun& run, const log::RunScan& scan, std::uint64_t from_rings) {
  RunReport report;
  report.dir = run.dir;
  report.identity = run.files.identity;
  report.segments = run.files.segments.size();
  for (const auto& segment : run.files.segments) report.bytes += segment.file_bytes;
  const log::SegmentHeader& first = run.files.segments.front().header;
  report.opened_real_ns = first.opened_real_ns;
  report.records = scan.records;
  report.from_rings = from_rings;
  report.missing = scan.missing;
  report.dropped = scan.dropped;
  report.unlogged = scan.unlogged;
  report.segments_missing = scan.segments_missing;
  report.closed = scan.final;
  report.alive = run.alive;
  report.damages = scan.damages;
  for (log::Damage& damage : report.damages) {
    if (damage.file.empty()) damage.file = run.dir;  // of the run as a whole
  }
  if (!run.alive) report.lost = scan.lost();
  const bool elsewhere = first.rings == log::RingPlace::ring_dir;
  if (elsewhere && !scan.final && !run.alive && !run.has_rings()) {
    // It comes from a file: at most its field, and nothing is opened by it.
    report.rings_elsewhere.assign(first.ring_dir, ::strnlen(first.ring_dir, sizeof first.ring_dir));
  }
  return report;
}

namespace {

// All runs' parts, read by threads and merged in order; then each run's rings after its segments.
class Reading {
 public:
  Reading(const LogRuns& runs, const LogReplayOptions& options, StreamWindows windows)
      : runs_(runs),
        options_(options),
        rules_{options.goodput, std::move(windows), options.phases.none()},
        totals_(rules_) {
    for (std::size_t r = 0; r < runs.runs.size(); ++r) {
      for (std::size_t s = 0; s < runs.runs[r].files.segments.size(); ++s) {
        places_.push_back({r, s});
      }
    }
  }

  Result<void> read(unsigned threads) {
    InOrder order(2 * std::size_t{threads},
                  [this](std::size_t i, const PartNumbers& numbers) { return merge(i, numbers); });
    each_in_parallel(places_.size(), threads, [&](std::size_t i, unsigned) {
      const FloatEnvironment same_everywhere;
      if (stopped(options_)) order.stop();
      if (!order.may_begin(i)) return;
      const auto [run, segment] = places_[i];
      try {
        order.give(i, LogTotals::accumulate(runs_.runs[run].segment(segment, run), rules_));
      } catch (...) {
        order.stop();  // the others would wait for this part
        throw;
      }
    });
    if (order.error()) return tl::unexpected(*order.error());
    return {};
  }

  [[nodiscard]] const LogTotals& totals() const noexcept { return totals_; }
  [[nodiscard]] const std::vector<LogPart>& parts() const noexcept { return parts_; }
  [[nodiscard]] std::uint64_t from_rings(std::size_t run) const {
    const auto at = from_rings_.find(run);
    return at == from_rings_.end() ? 0 : at->second;
  }

 private:
  Result<void> merge(std::size_t i, const PartNumbers& numbers) {
    const auto [r, s] = places_[i];
    const LogRun& run = runs_.runs[r];
    parts_.push_back(run.segment(s, r));
    const log::SegmentHeader& header = run.files.segments[s].header;
    if (auto merged = totals_.merge(numbers, parts_.back(), header.run_index); !merged) {
      return merged;
    }
    bytes_ += run.files.segments[s].file_bytes;
    records_ += numbers.scan.records;
    const bool last = s + 1 == run.files.segments.size();
    if (last && run.has_rings()) {
      parts_.push_back(run.rings(totals_.scan(r), r));
      const PartNumbers rings = LogTotals::accumulate(parts_.back(), rules_);
      from_rings_[r] = rings.scan.records;
      records_ += rings.scan.records;
      if (auto merged = totals_.merge(rings, parts_.back(), std::nullopt); !merged) return merged;
    }
    if (options_.progress) options_.progress(bytes_, records_);
    return {};
  }

  const LogRuns& runs_;
  const LogReplayOptions& options_;
  const LogTotals::Rules rules_;
  LogTotals totals_;
  std::vector<Place> places_;
  std::vector<LogPart> parts_;  // as merged
  std::map<std::size_t, std::uint64_t> from_rings_;
  std::uint64_t bytes_ = 0;
  std::uint64_t records_ = 0;
};

void show(const Reading& reading, const LogReplayOptions& options, const Summary& summary,
          std::int64_t opened_ns, std::span<const std::string> errors) {
  std::vector<RecordFilter> filters;
  for (const StreamSummary& stream : summary.streams()) {
    filters.emplace_back(stream.schema(), stream.window(), stream.range());
  }
  for (ResultVisitor* visitor : options.visitors) visitor->begin(summary, opened_ns, errors);
  for (const LogPart& part : reading.parts()) {
    if (stopped(options)) return;
    const RunNumbers& run = reading.totals().numbers()[part.run];
    log::PartScan scan;
    visit_part(part, scan, [&](const log::Frame& frame, const Slice& slice) {
      const std::size_t stream = run.stream(frame.header.stream);
      if (stream == RunNumbers::kNoStream) return;
      LeftOut known;
      const Slice results = filters[stream].results(slice, known);
      for (ResultVisitor* visitor : options.visitors) {
        visitor->visit(stream, slice, results, run.names());
      }
    });
  }
}

Result<LogReplay> replay(const LogRuns& runs, const LogReplayOptions& options,
                         const SummaryParts* accounts) {
  const unsigned threads = threads_for(options.threads);
  LogReplay replay;
  auto whole = std::make_unique<Reading>(runs, options, StreamWindows{});
  if (auto read = whole->read(threads); !read) return tl::unexpected(read.error());
  if (!options.phases.none() && !stopped(options)) {
    auto windows = windows_of(whole->parts(), whole->totals(), options.phases);
    if (!windows) return tl::unexpected(std::move(windows).error());
    replay.windows = *windows;
    whole = std::make_unique<Reading>(runs, options, std::move(*windows));
    if (auto read = whole->read(threads); !read) return tl::unexpected(read.error());
  }
  Reading& reading = *whole;
  replay.threads = threads;
  replay.interrupted = stopped(options);
  replay.damages = runs.damages;
  SummaryParts parts = reading.totals().summary();
  for (std::size_t r = 0; r < reading.totals().runs(); ++r) {
    const log::RunScan& scan = reading.totals().scan(r);
    replay.runs.push_back(report_of(runs.runs[r], scan, reading.from_rings(r)));
    const std::int64_t until = scan.final ? scan.finished_ns : scan.last_taken_ns;
    const std::int64_t opened = runs.runs[r].files.segments.front().header.opened_ns;
    std::int64_t all = 0;
    if (__builtin_add_overflow(parts.elapsed_ns, nanoseconds_between(opened, until), &all))
      continue;
    parts.elapsed_ns = all;
  }
  if (accounts != nullptr) {
    parts.workers = accounts->workers;
    parts.elapsed_ns = accounts->elapsed_ns;
    parts.log = accounts->log;
  }
  auto selection = std::make_shared<LogSelection>(reading.parts(), reading.totals().numbers(),
                                                  parts.streams, threads);
  if (!replay.interrupted) {
    selection->attach();
    parts.selection = selection;
    std::vector<double> ps(kDigestPercentiles.begin(), kDigestPercentiles.end());
    ps.insert(ps.end(), options.percentiles.begin(), options.percentiles.end());
    std::vector<Rule> rules(kDigestRules.begin(), kDigestRules.end());
    if (std::find(rules.begin(), rules.end(), options.rule) == rules.end()) {
      rules.push_back(options.rule);
    }
    selection->prepare(ps, rules, options.by_label);
  }
  replay.passes = selection->passes();
  const std::vector<std::string> errors = parts.errors;
  replay.summary = SummaryBuilder::build(std::move(parts));
  if (!options.visitors.empty() && !runs.runs.empty()) {
    show(reading, options, replay.summary,
         runs.runs.front().files.segments.front().header.opened_ns, errors);
  }
  return replay;
}

}  // namespace

bool LogReplay::whole() const noexcept {
  return damages.empty() && !interrupted &&
         std::all_of(runs.begin(), runs.end(), [](const RunReport& run) { return run.whole(); });
}

Result<LogReplay> replay_logs(std::span<const std::string> dirs, const LogReplayOptions& options) {
  return caught([&]() -> Result<LogReplay> {
    auto runs = LogRuns::open(dirs, options.run, options.ring_dir);
    if (!runs) return tl::unexpected(std::move(runs).error());
    return replay(*runs, options, nullptr);
  });
}

Result<Summary> summarize_log(const std::string& dir, const RunIdentity& identity,
                              const EngineOptions& options, SummaryParts accounts) {
  return caught([&]() -> Result<Summary> {
    auto folder = log::LogFolder::list(dir);
    if (!folder) return tl::unexpected(std::move(folder).error());
    LogRuns runs;
    for (log::RunFiles& run : folder->runs) {
      if (run.identity.run == identity.run) runs.runs.push_back({dir, std::move(run), true});
    }
    LogReplayOptions replay_options;
    replay_options.percentiles = options.percentiles;
    auto replayed = replay(runs, replay_options, &accounts);
    if (!replayed) return tl::unexpected(std::move(replayed).error());
    return std::move(replayed->summary);
  });
}

}  // namespace millrace
