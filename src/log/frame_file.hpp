// SPDX-License-Identifier: Apache-2.0
//
// Frames, sealed and written by system calls. The commit word goes last and alone: whatever is cut
// short, a frame that is not whole is not there.
//
//   seal(header, payload, {log_id, segment, offset});
//   if (const int why = write_frame(fd, offset, header, payload); why != 0) ...;
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "log/format.hpp"

namespace millrace::log {

/// Where a frame stands: its header's checksum depends on it.
struct FramePlace {
  Id128 log_id;
  std::uint64_t segment;
  std::uint64_t offset;
};

/// Sets commit word and both checksums. `frame` are the frame's bytes: of PAD frames more than header
/// and payload take.
void seal(FrameHeader& header, FrameType type, std::uint32_t frame,
          std::span<const std::byte> payload, const FramePlace& place) noexcept;

/// All of it, whatever the kernel writes at a time. 0, or errno. A write beyond RLIMIT_FSIZE is EFBIG;
/// the SIGXFSZ that goes with it is taken back.
int write_all(int fd, std::uint64_t offset, std::span<const std::byte> bytes) noexcept;

/// Of a sealed frame: all but the first word, then that. What lies behind the payload must be zero.
int write_frame(int fd, std::uint64_t offset, const FrameHeader& header,
                std::span<const std::byte> payload) noexcept;

/// Keeps SIGXFSZ, whose default is to end the process, away from this thread while it lives.
class FileSizeSignal {
 public:
  FileSizeSignal() noexcept;
  ~FileSizeSignal();
  FileSizeSignal(const FileSizeSignal&) = delete;
  FileSizeSignal& operator=(const FileSizeSignal&) = delete;
  /// After EFBIG: takes the signal that the kernel has sent with it.
  static void drain() noexcept;

 private:
  bool was_blocked_;
};

}  // namespace millrace::log
