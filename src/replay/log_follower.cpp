// SPDX-License-Identifier: Apache-2.0
#include "replay/log_follower.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/snapshot_builder.hpp"
#include "engine/summary_builder.hpp"
#include "record/counts.hpp"
#include "replay/log_totals.hpp"

namespace millrace {
namespace {

using Clock = std::chrono::steady_clock;

// A call of advance() ends after this, so that whoever follows can show something in between.
constexpr std::chrono::milliseconds kTurn{20};
constexpr int kFramesBetweenLooks = 64;  // at the clock: a frame takes some 10 us

// Segments of `run` in their order; empty: it is not there (any more).
Result<std::vector<log::SegmentPath>> segments_of(const std::string& dir, const RunIdentity& run) {
  auto folder = log::LogFolder::list(dir);
  if (!folder) return tl::unexpected(std::move(folder).error());
  for (log::RunFiles& files : folder->runs) {
    if (files.identity.run == run.run) return std::move(files.segments);
  }
  return std::vector<log::SegmentPath>{};
}

}  // namespace

LogFollower::LogFollower(std::string dir, const log::SegmentPath& first)
    : dir_(std::move(dir)),
      run_(log::identity_of(first.header)),
      opened_ns_(first.header.opened_ns) {}

Result<std::unique_ptr<LogFollower>> LogFollower::open(const std::string& dir) {
  auto folder = log::LogFolder::list(dir);
  if (!folder) return tl::unexpected(std::move(folder).error());
  const auto& segments = folder->runs.back().segments;
  auto follower = std::unique_ptr<LogFollower>(new LogFollower(dir, segments.front()));
  // Retention may take the first ones while we come.
  Result<void> opened;
  for (const log::SegmentPath& segment : segments) {
    opened = follower->open_segment(segment.path);
    if (opened || opened.error().code != Errc::not_found) break;
  }
  if (!opened) return tl::unexpected(opened.error());
  return follower;
}

Result<void> LogFollower::open_segment(const std::string& path) {
  auto reader = log::SegmentReader::open(path, log::Follow::yes);
  if (!reader) return tl::unexpected(std::move(reader).error());
  const std::uint64_t index = reader_ == nullptr ? 0 : reader_->header().run_index + 1;
  if (reader_ != nullptr) {
    damages_before_ += reader_->damages().size() + scan_.damages.size();
    for (auto& [number, stats] : streams_) stats->end_segment();
  }
  reader_ = std::move(*reader);
  names_.merge(scan_.names);
  scan_ = {};
  behind_removed_ = reader_->header().run_index != index;
  return {};
}

// The segment that follows: the next one of the run that is there. False: it is not there yet.
Result<bool> LogFollower::open_next() {
  const std::uint64_t current = reader_->header().segment;
  for (;;) {
    auto segments = segments_of(dir_, run_);
    if (!segments) return tl::unexpected(std::move(segments).error());
    const auto next = std::find_if(segments->begin(), segments->end(),
                                   [&](const auto& s) { return s.header.segment > current; });
    if (next == segments->end()) return false;
    auto opened = open_segment(next->path);
    if (opened) return true;
    if (opened.error().code != Errc::not_found) return tl::unexpected(opened.error());
    // Removed between the look and the opening: look again.
  }
}

Result<bool> LogFollower::advance() {
  const auto until = Clock::now() + kTurn;
  bool any = false;
  for (int n = 1; !closed_; ++n) {
    if (n % kFramesBetweenLooks == 0 && Clock::now() >= until) return true;
    if (const auto frame = reader_->next()) {
      take(*frame);
      any = true;
      continue;
    }
    if (reader_->tail() == log::SegmentReader::Tail::final) {
      closed_ = true;
    } else if (reader_->tail() == log::SegmentReader::Tail::unread) {
      break;
    } else {
      auto next = open_next();
      if (!next) return next;
      if (!*next) break;
    }
    any = true;
  }
  if (any) quiet_ = false;
  return any;
}

// A writer that could not go on in a segment leaves it without an END frame. The next one may be there
// long before it is used: only frames in it tell.
Result<bool> LogFollower::open_after_silence() {
  auto segments = segments_of(dir_, run_);
  if (!segments) return tl::unexpected(std::move(segments).error());
  for (const log::SegmentPath& segment : *segments) {
    if (segment.header.segment <= reader_->header().segment) continue;
    auto next = log::SegmentReader::open(segment.path);
    if (!next || !(*next)->next()) continue;
    // Now nothing more can come here; what came since the last look is taken first.
    while (const auto frame = reader_->next()) take(*frame);
    if (reader_->tail() != log::SegmentReader::Tail::unread) return true;
    auto opened = open_segment(segment.path);
    if (!opened && opened.error().code != Errc::not_found) return tl::unexpected(opened.error());
    return true;
  }
  return false;
}

Result<bool> LogFollower::orphaned() {
  auto lock = log::FolderLock::acquire(dir_, log::FolderLock::Kind::shared);
  if (!lock) return tl::unexpected(std::move(lock).error());
  if (quiet_ && reader_->tail() == log::SegmentReader::Tail::unread) {
    auto more = open_after_silence();
    if (!more) return more;
    if (*more) return false;
  }
  // What it wrote last may have come since we looked: only silence after its end is the end.
  const bool over = lock->has_value() && quiet_ && !closed_;
  quiet_ = true;
  return over;
}

void LogFollower::number(const log::FrameHeader& header, std::uint64_t& gap) {
  if (header.record_no > next_record_no_) gap += header.record_no - next_record_no_;
  const bool data = log::type_of(header.commit) == log::FrameType::data;
  next_record_no_ = std::max(next_record_no_, header.record_no + (data ? header.n : 0));
}

void LogFollower::take(const log::Frame& frame) {
  number(frame.header, behind_removed_ ? skipped_ : missing_);
  behind_removed_ = false;
  unlogged_ = std::max(unlogged_, frame.header.unlogged);
  const bool data = scan_.add(frame, reader_->name());
  if (frame.type() == log::FrameType::account) {
    for (const auto& [worker, entry] : scan_.accounts) {
      log::AccountEntry& account = accounts_[worker];
      if (entry.accepted >= account.accepted) account = entry;
    }
  }
  if (!data) return;
  const log::FrameHeader& header = frame.header;
  last_taken_ns_ = std::max(last_taken_ns_, header.taken_ns);
  records_ += header.n;
  read_[header.worker] += header.n;
  stats_of(header.stream)
      .accumulate(Slice{.records = frame.payload.data(),
                        .count = header.n,
                        .record_size = header.record_size,
                        .stream = header.stream,
                        .worker = header.worker,
                        .worker_seq = header.worker_seq},
                  {});
}

StreamStats& LogFollower::stats_of(std::uint16_t stream) {
  auto& stats = streams_[stream];
  if (!stats) stats = LogTotals::make_stats(scan_.names.streams.at(stream), {}, false);
  return *stats;
}

std::uint64_t LogFollower::damages() const noexcept {
  return damages_before_ + reader_->damages().size() + scan_.damages.size();
}

Accounting LogFollower::accounting() const {
  Accounting all;
  for (const auto& [worker, entry] : accounts_) {
    const auto read = read_.find(worker);
    const std::uint64_t aggregated = read == read_.end() ? 0 : read->second;
    all += {.accepted = std::max(entry.accepted, aggregated),
            .aggregated = aggregated,
            .rejected_full = entry.rejected_full,
            .rejected_closed = entry.rejected_closed,
            .rejected_reentrant = entry.rejected_reentrant};
  }
  for (const auto& [worker, records] : read_) {
    if (!accounts_.contains(worker)) all += {.accepted = records, .aggregated = records};
  }
  return all;
}

Snapshot LogFollower::snapshot(std::span<const double> percentiles) const {
  Snapshot snapshot;
  snapshot.elapsed_ns = nanoseconds_between(opened_ns_, last_taken_ns_);
  snapshot.accounting = accounting();
  snapshot.exact = false;
  for (const auto& [number, stats] : streams_) {
    const auto text = scan_.names.streams.find(number);
    const bool here = text != scan_.names.streams.end();
    snapshot.streams.push_back(stream_snapshot(
        here ? text->second.name : names_.streams.at(number).name, *stats, percentiles));
  }
  return snapshot;
}

Summary LogFollower::summary() const {
  log::RunNames names = names_;
  names.merge(scan_.names);
  SummaryParts parts;
  for (const auto& [number, stats] : streams_) {
    parts.streams.push_back({names.streams.at(number).name, stats});
  }
  const auto listed = [](const std::map<std::uint16_t, std::string>& from) {
    std::vector<std::string> to = {"", "other"};
    for (const auto& [number, name] : from) {
      if (number < to.size()) continue;
      to.resize(number, "other");  // names that are missing
      to.push_back(name);
    }
    return to;
  };
  parts.labels = listed(names.labels);
  parts.errors = listed(names.error_classes);
  WorkerAccount all;  // worker 0: of all
  all.accounting = accounting();
  parts.workers.push_back(std::move(all));
  parts.elapsed_ns = nanoseconds_between(opened_ns_, last_taken_ns_);
  return SummaryBuilder::build(std::move(parts));
}

}  // namespace millrace
