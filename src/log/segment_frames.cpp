// SPDX-License-Identifier: Apache-2.0
#include "log/segment_frames.hpp"

#include <algorithm>

#include "log/frame_file.hpp"
#include "record/crc32c.hpp"

namespace millrace::log {
namespace {

constexpr std::uint64_t kEndBytes = sizeof(FrameHeader) + sizeof(EndPayload);

// Of the segment's stripes, for names that come between reserve() and append(): 1 MiB of 64.
std::uint64_t spare_stripes(std::uint64_t stripes) noexcept {
  return std::clamp<std::uint64_t>(stripes / 16, 1, 16);
}

// An entry that does not fit goes to the next stripe, and leaves less than itself empty.
std::uint64_t stripes_of_entries(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kUsedLeast = kPayloadBytesMax - kNameBytesMax - sizeof(NameEntry);
  return bytes == 0 ? 1 : bytes / kUsedLeast + 2;
}

}  // namespace

bool holds_entries(std::uint64_t segment_bytes, std::uint64_t entries_bytes) noexcept {
  const std::uint64_t stripes = segment_bytes / kStripeBytes;
  constexpr std::uint64_t kRecordStripes = 1;
  return stripes_of_entries(entries_bytes) + kRecordStripes + spare_stripes(stripes) <= stripes;
}

std::uint64_t segment_bytes_for(std::uint64_t asked, std::uint64_t entries_bytes) noexcept {
  const auto whole_stripes = [](std::uint64_t bytes) {
    return (bytes + kStripeBytes - 1) / kStripeBytes * kStripeBytes;
  };
  std::uint64_t bytes = whole_stripes(std::max(asked, 4 * entries_bytes));
  while (!holds_entries(bytes, entries_bytes)) bytes += kStripeBytes;
  return std::min(bytes, kSegmentBytesMax);
}

void SegmentFrames::begin(SegmentFile& segment) noexcept {
  *this = {};
  segment_ = &segment;
  segment.begin();
}

std::uint64_t SegmentFrames::limit() const noexcept {
  const std::uint64_t stripes = segment_->bytes() / kStripeBytes;
  return (stripes - spare_stripes(stripes)) * kStripeBytes;
}

std::uint64_t SegmentFrames::end_of_stripe(std::uint64_t at) const noexcept {
  const std::uint64_t end = at + left_in_stripe(at);
  return end == segment_->bytes() ? end - kEndBytes : end;
}

std::uint32_t SegmentFrames::room(std::uint64_t limit) const noexcept {
  const std::uint64_t end = end_of_stripe(offset_);
  if (offset_ >= limit || offset_ + sizeof(FrameHeader) >= end) return 0;
  return static_cast<std::uint32_t>(end - offset_ - sizeof(FrameHeader));
}

bool SegmentFrames::fits(std::uint32_t first, std::uint32_t second) const noexcept {
  const std::uint64_t at = offset_ + first;
  if (at < segment_->bytes() && at + second <= end_of_stripe(at)) return true;
  const std::uint64_t next = at + left_in_stripe(at);
  return next < segment_->bytes() && next + second <= end_of_stripe(next);
}

bool SegmentFrames::fits_next_stripe(std::uint32_t frame) const noexcept {
  const std::uint64_t next = offset_ + left_in_stripe(offset_);
  return next < segment_->bytes() && next + frame <= end_of_stripe(next);
}

SegmentFrames::Step SegmentFrames::next_stripe(std::uint64_t limit, FrameHeader counts) noexcept {
  const std::uint64_t next =
      offset_ % kStripeBytes == 0 ? offset_ : offset_ + left_in_stripe(offset_);
  if (next >= std::min(limit, segment_->bytes()) || next == offset_) return Step::full;
  return put(counts, FrameType::pad, static_cast<std::uint32_t>(next - offset_), {});
}

SegmentFrames::Step SegmentFrames::write(FrameHeader header, FrameType type,
                                         std::span<const std::byte> payload) noexcept {
  const auto bytes = frame_bytes(static_cast<std::uint32_t>(payload.size()));
  const Step step = put(header, type, bytes, payload);
  if (step == Step::done && type == FrameType::data) records_ += header.n;
  return step;
}

SegmentFrames::Step SegmentFrames::put(FrameHeader& header, FrameType type, std::uint32_t frame,
                                       std::span<const std::byte> payload) noexcept {
  const SegmentHeader& in = segment_->header();
  seal(header, type, frame, payload, {in.log_id, in.segment, offset_});
  if (!segment_->put(offset_, header, payload)) return Step::broken;
  offset_ += frame;
  ++frames_;
  frames_crc_ = crc32c(&header.header_crc, sizeof header.header_crc, frames_crc_);
  return Step::done;
}

SegmentFrames::Step SegmentFrames::end(FrameHeader header, EndPayload totals) noexcept {
  Step step = Step::done;
  if (left_in_stripe(offset_) < kEndBytes) step = next_stripe(segment_->bytes(), header);
  if (step == Step::done) {
    totals.records_in_segment = records_;
    totals.frames = frames_;
    totals.frames_crc = frames_crc_;
    step = put(header, FrameType::end, kEndBytes, std::as_bytes(std::span(&totals, 1)));
  }
  segment_->finish(offset_, records_);
  segment_ = nullptr;
  return step;
}

}  // namespace millrace::log
