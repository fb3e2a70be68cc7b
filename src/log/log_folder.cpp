// SPDX-License-Identifier: Apache-2.0
#include "log/log_folder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/segment_reader.hpp"
#include "record/counts.hpp"
#include "record/file_descriptor.hpp"
#include "record/uninterrupted.hpp"

namespace millrace::log {
namespace {

constexpr std::size_t kDigits = 20;  // of segment_name()

std::string words_of(int error_number) { return std::generic_category().message(error_number); }

/// A folder that is read by descriptor: what is found in it is opened in it.
struct Folder {
  std::string path;
  DIR* stream = nullptr;

  explicit Folder(std::string name) : path(std::move(name)), stream(::opendir(path.c_str())) {}
  ~Folder() {
    if (stream != nullptr) ::closedir(stream);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // Sorted, so that what is said of a folder does not depend on its order on the disk.
  std::vector<std::string> names() const {
    ::rewinddir(stream);
    std::vector<std::string> all;
    while (const dirent* entry = ::readdir(stream)) all.emplace_back(entry->d_name);
    std::sort(all.begin(), all.end());
    return all;
  }
  int open(const std::string& name) const {
    return uninterrupted([&] {
      return ::openat(::dirfd(stream), name.c_str(),
                      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    });
  }
  std::string path_of(const std::string& name) const { return path + '/' + name; }
};

const char* kind_of(mode_t mode) noexcept {
  if (S_ISDIR(mode)) return "is a folder, not a file of a log";
  if (S_ISLNK(mode)) return "is a symbolic link, which is not followed";
  if (S_ISFIFO(mode)) return "is a FIFO, not a file of a log";
  return "is a device or socket, not a file of a log";
}

/// "00000000000000000042.mlr", also with a temporary ending: 42; else 0.
std::uint64_t number_of(std::string_view name) noexcept {
  if (!name.substr(std::min(kDigits, name.size())).starts_with(".mlr")) return 0;
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + kDigits, number);
  const bool good = parsed.ec == std::errc{} && parsed.ptr == name.data() + kDigits;
  return good && number < kCountMax ? number : 0;
}

std::string_view file_name(const std::string& path) noexcept {
  return std::string_view(path).substr(path.rfind('/') + 1);
}

bool has_own_name(const SegmentPath& segment) {
  return file_name(segment.path) == segment_name(segment.header.segment);
}

/// Notes what is no regular file; also when the folder has changed meanwhile.
bool is_regular(const Folder& folder, const std::string& name, std::vector<Damage>& damages) {
  struct stat about {};
  if (::fstatat(::dirfd(folder.stream), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
    return false;  // gone
  }
  if (S_ISREG(about.st_mode)) return true;
  note(damages, {folder.path_of(name), 0, 0, kind_of(about.st_mode)});
  return false;
}

std::optional<SegmentPath> read_segment(const Folder& folder, const std::string& name,
                                        std::vector<Damage>& damages) {
  const auto refuse = [&](std::uint64_t bytes, std::string what) {
    note(damages, {folder.path_of(name), 0, bytes, std::move(what)});
    return std::nullopt;
  };
  if (!is_regular(folder, name, damages)) return std::nullopt;
  const FileDescriptor fd(folder.open(name));
  if (fd.get() < 0) {
    if (errno == ENOENT) return std::nullopt;  // retention took it just now
    return refuse(0, fmt::format("cannot be opened: {}", words_of(errno)));
  }
  struct stat about {};
  const bool regular = ::fstat(fd.get(), &about) == 0 && S_ISREG(about.st_mode);
  const auto header = regular ? read_header(fd.get(), folder.path_of(name))
                              : Result<SegmentHeader>(failure(Errc::io, "is no regular file"));
  const auto bytes = static_cast<std::uint64_t>(std::max<off_t>(about.st_size, 0));
  if (!header) return refuse(bytes, header.error().message);
  if (header->kind != FileKind::segment) return refuse(bytes, "is a names file under another name");
  return SegmentPath{folder.path_of(name), *header, bytes};
}

/// The log that has most segments; of two with as many the one with the first number.
Id128 most_frequent(const std::vector<SegmentPath>& segments) {
  std::map<Id128, std::pair<std::size_t, std::uint64_t>> logs;  // how many, least number
  for (const SegmentPath& s : segments) {
    auto& [n, least] = logs.try_emplace(s.header.log_id, 0, s.header.segment).first->second;
    ++n;
    least = std::min(least, s.header.segment);
  }
  const auto best = std::max_element(logs.begin(), logs.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.first, ~a.second.second) <
           std::pair(b.second.first, ~b.second.second);
  });
  return best == logs.end() ? Id128{} : best->first;
}

void drop_foreign(std::vector<SegmentPath>& segments, const Id128& log_id,
                  std::vector<Damage>& damages) {
  std::erase_if(segments, [&](const SegmentPath& s) {
    if (s.header.log_id == log_id) return false;
    note(damages, {s.path, 0, s.file_bytes,
                   fmt::format("is of another log ({}); not read", hex(s.header.log_id))});
    return true;
  });
}

// By number; of those with one number the one with its own name first, which is then kept.
void drop_duplicates(std::vector<SegmentPath>& segments, std::vector<Damage>& damages) {
  std::sort(segments.begin(), segments.end(), [](const SegmentPath& a, const SegmentPath& b) {
    return std::tuple(a.header.segment, !has_own_name(a), std::string_view(a.path)) <
           std::tuple(b.header.segment, !has_own_name(b), std::string_view(b.path));
  });
  const SegmentPath* kept = nullptr;
  std::vector<SegmentPath> single;
  single.reserve(segments.size());
  for (SegmentPath& s : segments) {
    if (kept != nullptr && kept->header.segment == s.header.segment) {
      note(damages, {s.path, 0, s.file_bytes,
                     fmt::format("is a second segment {} beside '{}'; not read", s.header.segment,
                                 file_name(kept->path))});
      continue;
    }
    single.push_back(std::move(s));
    kept = &single.back();
  }
  segments = std::move(single);
}

// A break in the numbers that a run gave its segments, other than at its beginning (retention).
void note_breaks(const RunFiles& run, const std::string& dir, std::vector<Damage>& damages) {
  for (std::size_t i = 1; i < run.segments.size(); ++i) {
    const SegmentPath& before = run.segments[i - 1];
    const SegmentPath& after = run.segments[i];
    if (after.header.run_index == before.header.run_index + 1) continue;
    const bool missing = after.header.run_index > before.header.run_index;
    note(
        damages,
        {dir, 0, 0,
         missing ? fmt::format("{} segments of run {} are missing between '{}' and '{}'",
                               after.header.run_index - before.header.run_index - 1,
                               hex(run.identity.run), file_name(before.path), file_name(after.path))
                 : fmt::format("'{}' has the place {} in run {}, and '{}' before it {}",
                               file_name(after.path), after.header.run_index, hex(run.identity.run),
                               file_name(before.path), before.header.run_index)});
  }
}

std::vector<RunFiles> group(std::vector<SegmentPath> segments) {
  std::vector<RunFiles> runs;
  std::map<std::uint64_t, std::size_t> place;  // by run
  for (SegmentPath& s : segments) {
    const auto [at, fresh] = place.try_emplace(s.header.run, runs.size());
    if (fresh) runs.push_back({identity_of(s.header), {}, {}, {}});
    runs[at->second].segments.push_back(std::move(s));
  }
  return runs;
}

/// "names-<32 hex>-<16 hex>.mln" and "ring-<32 hex>-<16 hex>-<slot>.mln", of one log; else nothing.
struct SideFile {
  bool ring = false;
  std::string run;
};
std::optional<SideFile> side_file(std::string_view name, const Id128& log_id) {
  SideFile side;
  side.ring = name.starts_with("ring-");
  if (!side.ring && !name.starts_with("names-")) return std::nullopt;
  if (!name.ends_with(".mln")) return std::nullopt;
  name.remove_prefix(side.ring ? 5 : 6);
  name.remove_suffix(4);
  const std::string log = hex(log_id) + '-';
  constexpr std::size_t kRunDigits = 16;
  if (!name.starts_with(log) || name.size() < log.size() + kRunDigits) return std::nullopt;
  side.run = name.substr(log.size(), kRunDigits);
  const std::string_view rest = name.substr(log.size() + kRunDigits);
  return side.ring == rest.starts_with('-') && (side.ring || rest.empty()) ? std::optional(side)
                                                                           : std::nullopt;
}

// Rings in order of their slots, whatever the digits of their names.
bool by_slot(const std::string& a, const std::string& b) noexcept {
  return std::pair(a.size(), std::string_view(a)) < std::pair(b.size(), std::string_view(b));
}

void join_side_files(const Folder& folder, LogFolder& log) {
  for (const std::string& name : folder.names()) {
    const auto side = side_file(name, log.log_id);
    if (!side || !is_regular(folder, name, log.damages)) continue;
    const auto run = std::find_if(log.runs.begin(), log.runs.end(), [&](const RunFiles& r) {
      return hex(r.identity.run) == side->run;
    });
    if (run == log.runs.end()) {
      log.notes.push_back(fmt::format("'{}' is of a run without segments", folder.path_of(name)));
    } else if (side->ring) {
      run->rings.push_back(folder.path_of(name));
    } else {
      run->names_file = folder.path_of(name);
    }
  }
  for (RunFiles& run : log.runs) std::sort(run.rings.begin(), run.rings.end(), by_slot);
}

tl::unexpected<Error> cannot_list(const std::string& dir, int error_number) {
  return failure(error_number == ENOENT   ? Errc::not_found
                 : error_number == ENOMEM ? Errc::out_of_memory
                                          : Errc::io,
                 fmt::format("cannot read the folder '{}': {}", dir, words_of(error_number)));
}

}  // namespace

Result<LogFolder> LogFolder::list(const std::string& dir, const std::string& ring_dir,
                                  bool may_be_empty) {
  const Folder folder(dir);
  if (folder.stream == nullptr) return cannot_list(dir, errno);
  LogFolder log;
  log.dir = dir;
  std::uint64_t highest = 0;
  std::vector<SegmentPath> segments;
  for (const std::string& name : folder.names()) {
    highest = std::max(highest, number_of(name));
    if (name.ends_with(".tmp")) {
      if (is_regular(folder, name, log.damages)) log.unfinished.push_back(folder.path_of(name));
    } else if (name.ends_with(".mlr")) {
      if (auto segment = read_segment(folder, name, log.damages)) {
        highest = std::max(highest, segment->header.segment);
        segments.push_back(*std::move(segment));
      }
    }
  }
  log.next_segment = highest + 1;
  if (segments.empty() && !may_be_empty) {
    const std::string why = log.damages.empty() ? "" : ": " + log.damages.front().what;
    return failure(log.damages.empty() ? Errc::not_found : Errc::format,
                   fmt::format("'{}' holds no segment (*.mlr) of a log{}", dir, why));
  }
  log.log_id = most_frequent(segments);
  drop_foreign(segments, log.log_id, log.damages);
  drop_duplicates(segments, log.damages);
  for (const SegmentPath& s : segments) {
    if (has_own_name(s)) continue;
    log.notes.push_back(fmt::format("segment {} has another name: '{}'", s.header.segment, s.path));
  }
  log.runs = group(std::move(segments));
  for (const RunFiles& run : log.runs) note_breaks(run, dir, log.damages);

  join_side_files(folder, log);
  if (ring_dir.empty() || ring_dir == dir) return log;
  const Folder rings(ring_dir);
  if (rings.stream == nullptr) return cannot_list(ring_dir, errno);
  join_side_files(rings, log);
  for (const std::string& name : rings.names()) {  // what is not of this log is somebody else's
    const bool ours =
        name.ends_with(".tmp") && side_file(name.substr(0, name.size() - 4), log.log_id);
    if (ours && is_regular(rings, name, log.damages)) log.unfinished.push_back(rings.path_of(name));
  }
  return log;
}

}  // namespace millrace::log
