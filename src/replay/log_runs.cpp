// SPDX-License-Identifier: Apache-2.0
#include "replay/log_runs.hpp"

#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "log/ring_reader.hpp"

namespace millrace {
namespace {

// One lock a folder, taken before it is listed: what recovery is about to move is then not missed.
Result<std::optional<log::FolderLock>> lock_folder(const std::string& dir) {
  return log::FolderLock::acquire(dir, log::FolderLock::Kind::shared);
}

// A segment that was there when the folder was listed.
class Removed final : public log::FrameSource {
 public:
  explicit Removed(std::string path) : path_(std::move(path)) {}
  std::optional<log::Frame> next() override { return std::nullopt; }
  [[nodiscard]] const std::vector<log::Damage>& damages() const noexcept override { return none_; }
  [[nodiscard]] const std::string& name() const noexcept override { return path_; }

 private:
  std::string path_;
  std::vector<log::Damage> none_;
};

Result<std::vector<log::RunFiles>> chosen(std::vector<log::RunFiles> runs, const std::string& which,
                                          const std::string& dir) {
  if (which == "all" || runs.empty()) return runs;
  if (which == "last") return std::vector<log::RunFiles>{std::move(runs.back())};
  std::vector<log::RunFiles> found;
  for (log::RunFiles& run : runs) {
    if (hex(run.identity.run).starts_with(which)) found.push_back(std::move(run));
  }
  if (found.size() == 1) return found;
  return failure(Errc::not_found,
                 fmt::format("'{}' has {} whose number begins with '{}'; 'millrace info {}' lists "
                             "them",
                             dir, found.empty() ? "no run" : "several runs", which, dir));
}

// A copy of a folder, or the folder itself, named twice: its records would count twice. Parts of a
// log in several folders are not.
Result<void> each_segment_once(const std::vector<LogRun>& runs) {
  std::map<std::pair<Id128, std::uint64_t>, const std::string*> seen;
  for (const LogRun& run : runs) {
    for (const log::SegmentPath& segment : run.files.segments) {
      const auto [at, fresh] =
          seen.emplace(std::pair(segment.header.log_id, segment.header.segment), &segment.path);
      if (fresh) continue;
      return failure(
          Errc::invalid_argument,
          fmt::format(
              "'{}' and '{}' are the same segment of one log: its records would count twice",
              *at->second, segment.path));
    }
  }
  return {};
}

}  // namespace

LogPart LogRun::segment(std::size_t index, std::size_t run) const {
  LogPart part = segment_part(files.segments[index].path, run);
  if (!alive) return part;
  // A live writer takes files away: the segment that it had prepared and did not need, at its close,
  // and what its retention removes. Records that went with them are missing by their numbers.
  return {run,
          [open = std::move(part.open),
           path = files.segments[index].path]() -> Result<std::unique_ptr<log::FrameSource>> {
            auto reader = open();
            if (reader || reader.error().code != Errc::not_found) return reader;
            return std::unique_ptr<log::FrameSource>(std::make_unique<Removed>(path));
          }};
}

LogPart LogRun::rings(const log::RunScan& logged, std::size_t run) const {
  return {run, [of = files, logged]() -> Result<std::unique_ptr<log::FrameSource>> {
            auto reader = log::RingReader::open(of, logged);
            if (!reader) return tl::unexpected(std::move(reader).error());
            return std::unique_ptr<log::FrameSource>(std::move(*reader));
          }};
}

Result<LogRuns> LogRuns::open(std::span<const std::string> dirs, const std::string& which,
                              const std::string& ring_dir) {
  LogRuns all;
  for (const std::string& dir : dirs) {
    auto lock = lock_folder(dir);
    if (!lock) return tl::unexpected(std::move(lock).error());
    auto folder = log::LogFolder::list(dir, ring_dir);
    if (!folder) return tl::unexpected(std::move(folder).error());
    // A writer that lives writes the last run; the earlier ones were dead when it came.
    const bool writing = !lock->has_value();
    const std::uint64_t last = folder->runs.empty() ? 0 : folder->runs.back().identity.run;
    auto runs = chosen(std::move(folder->runs), which, dir);
    if (!runs) return tl::unexpected(std::move(runs).error());
    for (log::RunFiles& files : *runs) {
      const bool alive = writing && files.identity.run == last;
      all.runs.push_back({dir, std::move(files), alive});
    }
    for (log::Damage& damage : folder->damages) all.damages.push_back(std::move(damage));
    if (lock->has_value()) all.locks.push_back(std::move(**lock));
  }
  if (auto once = each_segment_once(all.runs); !once)
    return tl::unexpected(std::move(once).error());
  return all;
}

}  // namespace millrace
