// SPDX-License-Identifier: Apache-2.0
//
// SegmentFrames: where the next frame of a segment goes, and what its END frame will tell.
//
//   frames.begin(segment);
//   if (frames.room(frames.limit()) < bytes) frames.next_stripe(frames.limit());
//   frames.write(header, FrameType::data, payload);
//   frames.end(...);
//
// Room      No frame crosses a stripe; a PAD frame fills what is left of one. The last stripe keeps
//           room for END (128 B), so that a full segment can always be ended. limit() keeps
//           the last stripes free for names that come once a slice has been promised room.
// Threads   One.
#pragma once

#include <cstdint>
#include <span>

#include "log/format.hpp"
#include "log/segment_file.hpp"

namespace millrace::log {

/// How large a segment has to be for entries of so many bytes: `asked`, more when they would take
/// over a quarter of it.
std::uint64_t segment_bytes_for(std::uint64_t asked, std::uint64_t entries_bytes) noexcept;
/// Whether it holds them and some records.
bool holds_entries(std::uint64_t segment_bytes, std::uint64_t entries_bytes) noexcept;

class SegmentFrames {
 public:
  enum class Step {
    done,
    full,    // the segment has no room
    broken,  // it could not be written: error() and harm() of the segment tell why
  };

  void begin(SegmentFile& segment) noexcept;
  void leave() noexcept { segment_ = nullptr; }
  [[nodiscard]] SegmentFile* segment() const noexcept { return segment_; }

  /// Frames that were promised begin before it, others before the end of the segment.
  [[nodiscard]] std::uint64_t limit() const noexcept;
  /// Payload that a frame takes here, if it begins before `limit`.
  [[nodiscard]] std::uint32_t room(std::uint64_t limit) const noexcept;
  /// Whether a frame of `second` bytes finds room in this stripe or the next, once `first` more
  /// bytes are written here.
  [[nodiscard]] bool fits(std::uint32_t first, std::uint32_t second) const noexcept;
  [[nodiscard]] bool fits_next_stripe(std::uint32_t frame) const noexcept;
  [[nodiscard]] Step next_stripe(std::uint64_t limit, FrameHeader counts) noexcept;

  /// `header`: all but commit word and checksums; there is room.
  [[nodiscard]] Step write(FrameHeader header, FrameType type,
                           std::span<const std::byte> payload) noexcept;
  /// `totals`: of the run; those of the segment are filled in. The segment is finished.
  [[nodiscard]] Step end(FrameHeader header, EndPayload totals) noexcept;

  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }

 private:
  [[nodiscard]] std::uint64_t end_of_stripe(std::uint64_t at) const noexcept;
  [[nodiscard]] Step put(FrameHeader& header, FrameType type, std::uint32_t frame,
                         std::span<const std::byte> payload) noexcept;

  SegmentFile* segment_ = nullptr;
  std::uint64_t offset_ = kHeaderBytes;
  std::uint64_t records_ = 0;
  std::uint32_t frames_ = 0;
  std::uint32_t frames_crc_ = 0;
};

}  // namespace millrace::log
