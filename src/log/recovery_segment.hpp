// SPDX-License-Identifier: Apache-2.0
//
// RecoverySegment: a whole segment, written by system calls under a temporary name and shown when it is
// complete and on the disk.
//
//   auto file = RecoverySegment::create(dir, header);            // DIR/<number>.mlr.tmp
//   file->append(frame.header, FrameType::data, frame.payload);
//   file->end(kFinal | kRecovered, totals);                  // END frame, sizes, sync
//   file->show();                                            // <number>.mlr; never over another file
//
// Errors    append() and end() name the file and what to do. Who gives up calls discard(); a process that
//           dies leaves a .tmp, which nobody reads and recovery removes.
// Threads   One.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "log/format.hpp"
#include "record/file_descriptor.hpp"

namespace millrace::log {

class RecoverySegment {
 public:
  /// Of make_header(), with segment and run_index; sizes and checksum are filled in here.
  static Result<RecoverySegment> create(const std::string& dir, const SegmentHeader& header);
  RecoverySegment(RecoverySegment&&) noexcept = default;  // its end leaves the file
  RecoverySegment& operator=(RecoverySegment&&) = delete;

  /// Length, type and checksums are filled in here.
  Result<void> append(FrameHeader header, FrameType type, std::span<const std::byte> payload);
  /// `totals`: records_of_run, unlogged, finished_ns; the rest is filled in. Then nothing may follow.
  Result<void> end(std::uint16_t flags, EndPayload totals);
  Result<void> show();
  /// Makes the new name durable; after show().
  Result<void> sync_folder();
  void discard() noexcept;

 private:
  RecoverySegment(FileDescriptor fd, const std::string& dir, const SegmentHeader& header);
  void put(FrameHeader header, FrameType type, std::span<const std::byte> payload);
  Result<void> flush();
  [[nodiscard]] tl::unexpected<Error> cannot(const char* verb, int why) const;

  FileDescriptor fd_;
  std::string dir_, path_;  // path_: as it is called now
  SegmentHeader header_;
  std::vector<std::byte> buffer_;  // not yet written, from written_
  std::uint64_t written_ = kHeaderBytes;
  std::uint64_t records_ = 0;
  std::uint32_t frames_ = 0, frames_crc_ = 0;
};

}  // namespace millrace::log
