// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a ring's memory, in a file or anonymous: what recovery reads after the process died.
//
//   page 0   RingFileHeader, with its checksum: whose ring this is
//   page 1   RingWords: the present worker, its counters, its fate
//   then     blocks of kBlockBytes, each with its BlockHeader (millrace/block.hpp)
//
// A file without blocks (blocks = 0) is that of a ring whose records are in anonymous memory: it counts
// what was accepted (RingWords::accepted), so that a kill loses no number, only records.
// The header is stored after the file has its space: a file whose page 0 is all zero was being made,
// and no worker has had it.
// Ring records carry no checksum: a torn one is not possible, since `published` is stored after it,
// but a file that somebody wrote into is not told from a good one. docs/log-format.md has the table.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "millrace/block.hpp"

#include "record/run_identity.hpp"

namespace millrace::detail {

inline constexpr std::uint8_t kRingMagic[8] = {0x89, 'M', 'L', 'N', 0x0D, 0x0A, 0x1A, 0x0A};
inline constexpr std::uint32_t kRingVersion = 1;
inline constexpr std::uint32_t kRingEndianTag = 0x01020304;
inline constexpr std::size_t kRingPageBytes = 4096;
inline constexpr std::size_t kRingBlocksAt = 2 * kRingPageBytes;  // and the size without blocks

struct RingFileHeader {
  std::uint8_t magic[8];
  std::uint32_t version;
  std::uint32_t endian;  // kRingEndianTag
  Id128 log_id;
  std::uint64_t run;
  Id128 boot_id;
  std::uint32_t pid;
  std::uint32_t slot;
  std::uint64_t pid_start;
  std::uint32_t blocks;
  std::uint32_t block_bytes;
  std::uint8_t zeros[kRingPageBytes - 84];
  std::uint32_t crc;  // CRC32C of all before it
};
static_assert(sizeof(RingFileHeader) == kRingPageBytes);
static_assert(offsetof(RingFileHeader, crc) == kRingPageBytes - sizeof(std::uint32_t));

/// Written under the RingSet's lock, or by the one worker that has the slot.
struct RingWords {
  // Counted by the worker, read by anyone. Not in the worker's handle: readers would steal its line.
  alignas(kSharingBytes) std::atomic<std::uint64_t> full{0};
  std::atomic<std::uint64_t> closed{0};
  std::atomic<std::uint64_t> reentrant{0};
  /// Records whose push returned true; kept in rings without blocks only (and in no other).
  std::atomic<std::uint64_t> accepted{0};
  /// The worker that has the slot; 0: none. Stored last at registration, 0 first at release, after
  /// its account is in the names file.
  alignas(kSharingBytes) std::atomic<std::uint32_t> worker{0};
  std::atomic<std::uint32_t> stream{0};
  /// The last number of the present worker, once the worker or the closer has decided it.
  alignas(kSharingBytes) std::atomic<std::uint64_t> fate{~std::uint64_t{0}};
};
static_assert(sizeof(RingWords) <= kRingPageBytes);

/// With its checksum. `blocks`: in the file.
RingFileHeader make_ring_header(const RunIdentity& identity, std::uint32_t slot,
                                std::uint32_t blocks) noexcept;
std::uint32_t header_crc(const RingFileHeader& header) noexcept;
RunIdentity identity_of(const RingFileHeader& header) noexcept;

/// "ring-<log id>-<run>-<slot>.mln": of one log among others when they share a ring_dir.
std::string ring_file_name(const RunIdentity& identity, std::uint32_t slot);

}  // namespace millrace::detail
