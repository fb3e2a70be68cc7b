// SPDX-License-Identifier: Apache-2.0
#include "replay/log_info.hpp"

#include <cstring>
#include <utility>

#include "record/counts.hpp"
#include "replay/log_runs.hpp"

namespace millrace {
namespace {

// Texts of a header come from a file: at most their field.
template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return std::string(field, ::strnlen(field, N));
}

RunInfo info_of(const LogRun& run) {
  const log::PartScan scan = scan_of_last_segment(run);
  const log::SegmentPath& first = run.files.segments.front();
  const log::SegmentPath& last = run.files.segments.back();
  RunInfo info;
  info.identity = run.files.identity;
  info.closed = scan.final;
  info.alive = run.alive && !scan.final;
  info.written_by = text_of(first.header.engine);
  for (const auto& [number, stream] : scan.names.streams) info.streams.push_back(stream);
  info.labels = scan.names.labels.size();
  info.error_classes = scan.names.error_classes.size();
  info.segments = run.files.segments.size();
  for (const log::SegmentPath& segment : run.files.segments) info.bytes += segment.file_bytes;
  info.first_segment = first.header.segment;
  info.last_segment = last.header.segment;
  info.records = scan.next_record_no;
  info.opened_real_ns = first.header.opened_real_ns;
  const std::int64_t until = scan.final && scan.end ? scan.end->finished_ns : scan.last_taken_ns;
  info.duration_ns = nanoseconds_between(first.header.opened_ns, until);
  info.rings = run.files.rings.size();
  info.names_file = !run.files.names_file.empty();
  if (first.header.rings == log::RingPlace::ring_dir)
    info.ring_dir = text_of(first.header.ring_dir);
  return info;
}

}  // namespace

log::PartScan scan_of_last_segment(const LogRun& run) {
  for (std::size_t i = run.files.segments.size(); i-- > 0;) {
    log::PartScan scan;
    visit_part(run.segment(i, 0), scan, [](const log::Frame&, const Slice&) {});
    if (!scan.names.streams.empty() || scan.end || i == 0) return scan;
  }
  return {};
}

Result<LogInfo> log_info(const std::string& dir, const std::string& ring_dir) {
  auto lock = log::FolderLock::acquire(dir, log::FolderLock::Kind::shared);
  if (!lock) return tl::unexpected(std::move(lock).error());
  auto folder = log::LogFolder::list(dir, ring_dir);
  if (!folder) return tl::unexpected(std::move(folder).error());
  LogInfo info;
  info.dir = dir;
  info.log_id = folder->log_id;
  info.locked = !lock->has_value();
  if (info.locked) info.writer = log::FolderLock::holder(dir);
  for (std::size_t i = 0; i < folder->runs.size(); ++i) {
    // A writer that lives writes the last run; the earlier ones were dead when it came.
    const bool alive = info.locked && i + 1 == folder->runs.size();
    info.runs.push_back(info_of({dir, std::move(folder->runs[i]), alive}));
  }
  info.unfinished = std::move(folder->unfinished);
  info.damages = std::move(folder->damages);
  return info;
}

}  // namespace millrace
