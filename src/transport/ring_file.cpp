// SPDX-License-Identifier: Apache-2.0
#include "transport/ring_file.hpp"

#include <cstring>

#include <fmt/format.h>

#include "record/crc32c.hpp"

namespace millrace::detail {

std::uint32_t header_crc(const RingFileHeader& header) noexcept {
  return crc32c(&header, offsetof(RingFileHeader, crc));
}

RingFileHeader make_ring_header(const RunIdentity& identity, std::uint32_t slot,
                                std::uint32_t blocks) noexcept {
  RingFileHeader header{};
  std::memcpy(header.magic, kRingMagic, sizeof kRingMagic);
  header.version = kRingVersion;
  header.endian = kRingEndianTag;
  header.log_id = identity.log_id;
  header.run = identity.run;
  header.boot_id = identity.boot_id;
  header.pid = identity.pid;
  header.slot = slot;
  header.pid_start = identity.pid_start;
  header.blocks = blocks;
  header.block_bytes = kBlockBytes;
  header.crc = header_crc(header);
  return header;
}

RunIdentity identity_of(const RingFileHeader& header) noexcept {
  return {header.log_id, header.run, header.boot_id, header.pid, header.pid_start};
}

std::string ring_file_name(const RunIdentity& identity, std::uint32_t slot) {
  return fmt::format("ring-{}-{}-{}.mln", hex(identity.log_id), hex(identity.run), slot);
}

}  // namespace millrace::detail
