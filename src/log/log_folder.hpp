// SPDX-License-Identifier: Apache-2.0
//
// LogFolder: what stands in a log's folder: segments by number, grouped by run, names files, rings.
// FolderLock: who may write there.
//
// Order     By the headers, never by the names of the files: a segment under another name is read where it
//           belongs, and noted. Of two files with one number the one that has its own name is read, the
//           other is damage; so are segments of another log (the log is that of most segments).
// Input     Hostile: links, FIFOs, devices and folders that are named like files of a log are damage,
//           and are opened in no way that can wait. A file that goes while the folder is read was
//           not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "log/format.hpp"
#include "log/frame_source.hpp"

namespace millrace::log {

struct SegmentPath {
  std::string path;
  SegmentHeader header;
  std::uint64_t file_bytes = 0;
};

struct RunFiles {
  RunIdentity identity;
  std::vector<SegmentPath> segments;  // by number
  std::string names_file;             // empty: none
  std::vector<std::string> rings;     // files that name this log and run; unread
};

class LogFolder {
 public:
  /// `ring_dir`: empty: the folder itself. An unreadable folder, or one without a segment, is an error;
  /// a file that is no segment though its name says so is a damage. With `may_be_empty` a folder
  /// without segments is one without runs.
  static Result<LogFolder> list(const std::string& dir, const std::string& ring_dir = {},
                                bool may_be_empty = false);

  std::string dir;
  Id128 log_id{};
  std::vector<RunFiles> runs;           // in order of their first segments
  std::vector<std::string> unfinished;  // .tmp files of makers that were killed
  std::vector<Damage> damages;
  std::vector<std::string> notes;  // odd, and harmless: "segment 3 has another name: ..."
  std::uint64_t next_segment = 1;  // above every number that a header or a file's name has
};

/// flock on DIR/LOCK: exclusive for a writer, shared for who reads the rings of a dead one. Freed by
/// the kernel with the process. A forked child closes its copy (pthread_atfork). A reader makes no
/// LOCK: where there is none it has a lock without file.
class FolderLock {
 public:
  enum class Kind { shared, exclusive };
  /// nullopt: somebody else has it (a writer; for exclusive: or a reader of rings).
  static Result<std::optional<FolderLock>> acquire(const std::string& dir, Kind kind);
  /// The process number that the last writer left in LOCK; 0: none.
  static std::uint32_t holder(const std::string& dir);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

 private:
  explicit FolderLock(std::uint64_t ticket) noexcept : ticket_(ticket) {}
  std::uint64_t ticket_ = 0;  // into the list of what this process holds; 0: nothing is held
};

}  // namespace millrace::log
