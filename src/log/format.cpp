// SPDX-License-Identifier: Apache-2.0
#include "log/format.hpp"

#include <fmt/format.h>

#include "millrace/c/version.h"

#include "record/crc32c.hpp"

namespace millrace::log {

std::uint32_t frame_seed(const Id128& log_id, std::uint64_t segment,
                         std::uint64_t offset) noexcept {
  struct {
    Id128 log_id;
    std::uint64_t segment, offset;
  } const salt{log_id, segment, offset};
  static_assert(sizeof salt == 32);
  return crc32c(&salt, sizeof salt);
}

std::uint32_t header_crc(const FrameHeader& header, std::uint32_t seed) noexcept {
  return crc32c(&header, offsetof(FrameHeader, header_crc), seed);
}

std::uint32_t header_crc(const SegmentHeader& header) noexcept {
  return crc32c(&header, offsetof(SegmentHeader, crc));
}

SegmentHeader make_header(const RunIdentity& identity, FileKind kind) {
  SegmentHeader header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.major = kMajor;
  header.minor = kMinor;
  header.endian = kEndianTag;
  header.header_bytes = kHeaderBytes;
  header.stripe_bytes = kStripeBytes;
  header.log_id = identity.log_id;
  header.run = identity.run;
  header.boot_id = identity.boot_id;
  header.pid = identity.pid;
  header.pid_start = identity.pid_start;
  header.kind = kind;
  constexpr char kEngine[] = "millrace " MILLRACE_VERSION;
  static_assert(sizeof kEngine <= sizeof header.engine);
  std::memcpy(header.engine, kEngine, sizeof kEngine);
  return header;
}

void seal(SegmentHeader& header) noexcept { header.crc = header_crc(header); }

RunIdentity identity_of(const SegmentHeader& header) noexcept {
  return {header.log_id, header.run, header.boot_id, header.pid, header.pid_start};
}

std::string segment_name(std::uint64_t segment) { return fmt::format("{:020}.mlr", segment); }

}  // namespace millrace::log
