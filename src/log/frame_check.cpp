// SPDX-License-Identifier: Apache-2.0
#include "log/frame_check.hpp"

#include <algorithm>

#include "millrace/schema.hpp"

#include "record/counts.hpp"
#include "record/crc32c.hpp"
#include "record/slice.hpp"

namespace millrace::log {
namespace {

constexpr std::size_t kZeroMost = sizeof(NameEntry) - 1;  // of one entry

const char* data_fault(const FrameHeader& header) noexcept {
  if (header.record_size < kRecordBytesMin || header.record_size > kRecordBytesMax ||
      header.record_size % 8 != 0) {
    return "a frame's records are not of 16 to 512 bytes, a multiple of 8";
  }
  if (header.n == 0 || header.n > kSliceRecordsMax) {
    return "a frame does not hold 1 to 2,048 records";
  }
  if (frame_bytes(header.n * header.record_size) != bytes_of(header.commit)) {
    return "a frame's length is not that of its records";
  }
  return nullptr;
}

// The payload of entries: a bound first, so that no walk is longer than the body.
const char* entries_fault(const FrameHeader& header, std::uint32_t body_bytes) noexcept {
  const std::uint32_t least = type_of(header.commit) == FrameType::account
                                  ? static_cast<std::uint32_t>(sizeof(AccountEntry))
                                  : static_cast<std::uint32_t>(sizeof(NameEntry));
  if (header.n == 0 || header.n > body_bytes / least) {
    return "a frame is too short for its entries";
  }
  return nullptr;
}

// Where `n` entries end; body.size() + 1 when they do not.
std::size_t end_of_names(std::span<const std::byte> body, std::uint32_t n) noexcept {
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    if (body.size() - at < sizeof(NameEntry)) return body.size() + 1;
    NameEntry entry;
    std::memcpy(&entry, body.data() + at, sizeof entry);
    const std::size_t left = body.size() - at - sizeof entry;
    if (entry.bytes > kNameBytesMax || entry.bytes > left) return body.size() + 1;
    const std::size_t padded = (entry.bytes + kZeroMost) / 8 * 8;
    if (padded > left) return body.size() + 1;
    at += sizeof entry + padded;
  }
  return at;
}

}  // namespace

bool all_zero(std::span<const std::byte> bytes) noexcept {
  // Each byte equals the one before it, and the first is zero: memcmp is the fastest loop there is.
  return bytes.empty() || (bytes.front() == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

const char* header_fault(const FrameHeader& header, std::uint64_t offset,
                         const SegmentHeader& file) noexcept {
  if (header.commit >> 32 != kCommitMagic) return "bytes that are no frame";
  const std::uint32_t bytes = bytes_of(header.commit);
  if (bytes < sizeof header || bytes > left_in_stripe(offset)) {
    return "a frame's length crosses the end of its stripe";
  }
  if (header.header_crc != header_crc(header, frame_seed(file.log_id, file.segment, offset))) {
    return "a frame's header does not match its checksum";
  }
  if (std::max({header.record_no, header.worker_seq, header.unlogged}) > kCountMax) {
    return "a frame's record numbers leave their range";
  }
  const auto body = bytes - static_cast<std::uint32_t>(sizeof header);
  switch (type_of(header.commit)) {
    case FrameType::data:
      if (file.kind == FileKind::names) return "a frame of records in a names file";
      return data_fault(header);
    case FrameType::names:
    case FrameType::account:
      return entries_fault(header, body);
    case FrameType::pad:
      return nullptr;
    case FrameType::end:
      return body == sizeof(EndPayload) ? nullptr : "an END frame of another length";
  }
  return "a frame of a type that does not exist";
}

std::uint32_t payload_bytes(const FrameHeader& header, std::span<const std::byte> body) noexcept {
  std::size_t bytes = 0;
  switch (type_of(header.commit)) {
    case FrameType::data:
      bytes = std::size_t{header.n} * header.record_size;
      break;
    case FrameType::names:
      bytes = end_of_names(body, header.n);
      break;
    case FrameType::account:
      bytes = std::size_t{header.n} * sizeof(AccountEntry);
      break;
    case FrameType::end:
      bytes = sizeof(EndPayload);
      break;
    case FrameType::pad:
      break;
  }
  return bytes <= body.size() ? static_cast<std::uint32_t>(bytes) : 0;
}

const char* body_fault(const FrameHeader& header, std::span<const std::byte> body) noexcept {
  if (type_of(header.commit) == FrameType::pad) {
    return all_zero(body) ? nullptr : "a PAD frame is not zero";
  }
  const std::uint32_t bytes = payload_bytes(header, body);
  if (bytes == 0) return "a frame's entries leave the frame";
  if (crc32c(body.data(), bytes) != header.payload_crc) {
    return "a frame's payload does not match its checksum";
  }
  if (!all_zero(body.subspan(bytes))) return "bytes behind a frame's payload are not zero";
  return nullptr;
}

}  // namespace millrace::log
