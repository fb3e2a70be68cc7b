// SPDX-License-Identifier: Apache-2.0
#include "replay/log_reading.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "replay/log_info.hpp"
#include "replay/log_runs.hpp"

namespace millrace {
namespace {

using Names = std::map<std::uint16_t, std::string>;

std::string_view name_of(std::uint16_t number, const Names& names, const Names& earlier) {
  if (number == 0) return "";
  if (const auto name = names.find(number); name != names.end()) return name->second;
  const auto name = earlier.find(number);
  return name == earlier.end() ? std::string_view("other") : std::string_view(name->second);
}

class Reading {
 public:
  using Visit = std::function<Result<void>(const LoggedSlice&)>;
  Reading(const LogReadingOptions& options, const Visit& visit)
      : options_(options), visit_(visit) {}

  Result<void> read(const LogRun& run, std::size_t index, LogReading& all) {
    log::RunScan scan;
    for (std::size_t s = 0; s < run.files.segments.size() && !stopped(); ++s) {
      const log::SegmentPath& segment = run.files.segments[s];
      const log::PartScan part = read_part(run, run.segment(s, index), segment.path, scan.names);
      scan.add(part, segment.header.run_index, segment.path);
      bytes_ += segment.file_bytes;
      if (options_.progress) options_.progress(bytes_, records_);
    }
    std::uint64_t from_rings = 0;
    if (run.has_rings() && !stopped()) {
      const log::PartScan part = read_part(run, run.rings(scan, index), {}, scan.names);
      from_rings = part.records;
      scan.add(part, std::nullopt);
    }
    if (error_) return tl::unexpected(*error_);
    all.runs.push_back(report_of(run, scan, from_rings));
    all.names.push_back(std::move(scan.names));
    return {};
  }

  [[nodiscard]] bool interrupted() const noexcept {
    // order: relaxed; a wish to stop, with which no data goes.
    return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }

 private:
  [[nodiscard]] bool stopped() const noexcept { return error_.has_value() || interrupted(); }

  log::PartScan read_part(const LogRun& run, const LogPart& part, const std::string& file,
                          const log::RunNames& earlier) {
    const log::SegmentHeader& first = run.files.segments.front().header;
    log::PartScan scan;
    visit_part(part, scan, [&](const log::Frame& frame, const Slice& slice) {
      if (stopped()) return;
      auto visited = visit_({.run = run.files.identity,
                             .opened_real_ns = first.opened_real_ns,
                             .opened_ns = first.opened_ns,
                             .stream = scan.names.streams.at(frame.header.stream),
                             .names = scan.names,
                             .earlier = earlier,
                             .slice = slice,
                             .taken_ns = frame.header.taken_ns,
                             .file = file,
                             .offset = frame.offset + sizeof(log::FrameHeader)});
      if (!visited) error_ = std::move(visited).error();
      records_ += slice.count;
    });
    return scan;
  }

  const LogReadingOptions& options_;
  const Visit& visit_;
  std::uint64_t bytes_ = 0;
  std::uint64_t records_ = 0;
  std::optional<Error> error_;
};

}  // namespace

std::string_view LoggedSlice::label(std::uint16_t number) const {
  return name_of(number, names.labels, earlier.labels);
}

std::string_view LoggedSlice::error_class(std::uint16_t number) const {
  return name_of(number, names.error_classes, earlier.error_classes);
}

Result<LogReading> read_logs(std::span<const std::string> dirs, const LogReadingOptions& options,
                             const std::function<Result<void>(const LoggedSlice&)>& visit) {
  auto runs = LogRuns::open(dirs, options.run, options.ring_dir);
  if (!runs) return tl::unexpected(std::move(runs).error());
  LogReading all;
  all.damages = runs->damages;
  Reading reading(options, visit);
  for (std::size_t r = 0; r < runs->runs.size() && !reading.interrupted(); ++r) {
    if (auto read = reading.read(runs->runs[r], r, all); !read)
      return tl::unexpected(std::move(read).error());
  }
  all.records = reading.records();
  all.interrupted = reading.interrupted();
  return all;
}

Result<std::vector<log::StreamText>> streams_of_logs(std::span<const std::string> dirs,
                                                     const std::string& run,
                                                     const std::string& ring_dir) {
  auto runs = LogRuns::open(dirs, run, ring_dir);
  if (!runs) return tl::unexpected(std::move(runs).error());
  std::vector<log::StreamText> streams;
  for (const LogRun& one : runs->runs) {
    for (auto& [number, stream] : scan_of_last_segment(one).names.streams) {
      const auto same = [&](const log::StreamText& s) { return s.name == stream.name; };
      if (std::none_of(streams.begin(), streams.end(), same)) streams.push_back(stream);
    }
  }
  return streams;
}

}  // namespace millrace
