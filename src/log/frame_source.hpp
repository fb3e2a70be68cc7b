// SPDX-License-Identifier: Apache-2.0
//
// FrameSource: where frames come from: a segment, or the rings of a dead process, which are read as
// the log's last segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "log/format.hpp"

namespace millrace::log {

/// Checked: header and payload checksums, limits, type. The payload is valid until the next call.
struct Frame {
  FrameHeader header;
  std::span<const std::byte> payload;  // n * record_size bytes of a DATA frame
  std::uint64_t offset = 0;            // in its file
  [[nodiscard]] FrameType type() const noexcept { return type_of(header.commit); }
};

/// Something that is not as it was written. How many records it cost is known from the numbers of
/// the frames around it: see RunScan.
struct Damage {
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // skipped
  std::string what;         // "a frame's header does not match its checksum"
};

/// Lists of damages end here: what a hostile file can make us hold is bounded.
inline constexpr std::size_t kDamagesMax = 1000;
/// Appends; when the list is full its last entry stands for all that follow.
void note(std::vector<Damage>& damages, Damage damage);

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  /// The next good frame (PAD frames are passed over); nullopt: no further one.
  virtual std::optional<Frame> next() = 0;
  [[nodiscard]] virtual const std::vector<Damage>& damages() const noexcept = 0;
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;
  /// record_no + n of the last header that was good, though its payload may not be: so records that
  /// are lost at the end are counted, see PartScan::close().
  [[nodiscard]] virtual std::uint64_t logged_until() const noexcept { return 0; }
};

}  // namespace millrace::log
