// SPDX-License-Identifier: Apache-2.0
//
// NamesFile: what a run knows beside its records, on file before it is used: streams, label and error
// names, and the accounts of workers that have ended. After a kill it gives the records in the rings
// their names. It has the form of a segment (FileKind::names), written by pwrite, one frame an entry.
//
// Threads   Any; under a lock. Never in push.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "millrace/result.hpp"

#include "log/format.hpp"

namespace millrace::log {

/// "names-<log id>-<run>.mln", by log and run: several logs may share a ring_dir.
std::string names_file_name(const RunIdentity& identity);

class NamesFile {
 public:
  static Result<std::unique_ptr<NamesFile>> create(const std::string& dir,
                                                   const SegmentHeader& header);
  ~NamesFile();  // leaves the file

  /// When these return without an error the entry survives the process.
  Result<void> name(NameKind kind, std::uint16_t number, std::string_view text);
  Result<void> account(const AccountEntry& entry);
  /// At a clean close.
  void remove() noexcept;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  NamesFile(std::string path, const SegmentHeader& header);
  [[nodiscard]] int make(const std::string& name) noexcept;  // 0, or errno
  Result<void> write(FrameType type, std::span<const std::byte> payload);
  [[nodiscard]] int put(FrameType type, std::uint32_t frame,
                        std::span<const std::byte> payload) noexcept;
  bool cut() noexcept;

  std::mutex mutex_;
  int fd_ = -1;
  std::string path_;
  SegmentHeader header_;
  pid_t owner_;  // a forked child writes nothing
  std::uint64_t offset_ = kHeaderBytes;
  bool failed_ = false;  // bytes may stand behind offset_
};

}  // namespace millrace::log
