// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a log, as docs/log-format.md defines them: the one place where the code names offsets
// and types. All integers are little-endian.
//
//   segment   header (4,096 B), then frames, none across a stripe of 64 KiB
//   frame     header (64 B) and payload, each on a boundary of 64 B; visible once its first word is
//             not zero, which the writer stores last
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "record/run_identity.hpp"

namespace millrace::log {

static_assert(std::endian::native == std::endian::little,
              "the log is written as it lies in memory");

inline constexpr std::uint8_t kMagic[8] = {0x89, 'M', 'L', 'R', 0x0D, 0x0A, 0x1A, 0x0A};
inline constexpr std::uint16_t kMajor = 1;  // readers refuse another one
inline constexpr std::uint16_t kMinor = 0;
inline constexpr std::uint32_t kEndianTag = 0x01020304;
inline constexpr std::uint32_t kHeaderBytes = 4096;
inline constexpr std::uint32_t kStripeBytes = 65'536;
inline constexpr std::uint32_t kFrameAlign = 64;
inline constexpr std::uint64_t kSegmentBytesMin = 256 * 1024;
inline constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{1} << 34;
inline constexpr std::uint32_t kCommitMagic = 0x6D6C'7266;  // the letters "mlrf"

enum class FileKind : std::uint32_t {
  segment = 1,
  names = 2,  // of a run under way: streams, names and accounts, each there before it is used
};

/// Where the rings of the run are, so that a reader knows what can be missing.
enum class RingPlace : std::uint32_t {
  none = 0,      // anonymous: what was not logged when the process died is counted, not kept
  folder = 1,    // files beside the segments
  ring_dir = 2,  // files in SegmentHeader::ring_dir, which a reader shows and never follows
};

struct SegmentHeader {
  std::uint8_t magic[8];
  std::uint16_t major, minor;
  std::uint32_t endian;
  std::uint32_t header_bytes;
  std::uint32_t stripe_bytes;
  std::uint64_t segment_bytes;  // as prepared; a finished file is cut behind its END frame
  std::uint64_t incompatible;   // a reader refuses bits that it does not know
  std::uint64_t compatible;
  Id128 log_id;
  std::uint64_t segment;  // in the folder, from 1; also the file's name
  std::uint64_t run;
  std::uint64_t run_index;      // of this segment in its run, from 0
  std::int64_t opened_real_ns;  // the run's open: since 1970
  std::int64_t opened_ns;       // and by CLOCK_MONOTONIC
  Id128 boot_id;
  std::uint32_t pid;
  FileKind kind;
  std::uint64_t pid_start;
  RingPlace rings;
  std::uint32_t zero;
  char ring_dir[256];
  char engine[32];  // name and version of the writer
  std::uint8_t zeros[3660];
  std::uint32_t crc;  // of all before it
};
static_assert(sizeof(SegmentHeader) == kHeaderBytes);
static_assert(offsetof(SegmentHeader, crc) == 4092);

enum class FrameType : std::uint8_t { data = 1, names = 2, account = 3, pad = 4, end = 5 };

enum FrameFlags : std::uint16_t {
  kFinal = 1,      // END of the last segment of a run that was closed: nothing is missing behind it
  kRecovered = 2,  // taken from the rings after the process had died
};

struct FrameHeader {
  std::uint64_t commit;      // commit_word(); 0: not there yet
  std::uint64_t record_no;   // records of this run logged before this frame
  std::uint64_t worker_seq;  // DATA: the worker's number of the first record
  std::uint32_t worker;
  std::uint16_t stream;
  std::uint16_t flags;
  std::uint32_t n;  // records, or entries
  std::uint32_t record_size;
  std::int64_t taken_ns;   // the aggregator's one clock reading of the slice; 0 of recovered ones
  std::uint64_t unlogged;  // records of this run that were aggregated and not logged until here
  std::uint32_t payload_crc;
  std::uint32_t header_crc;  // of the 60 bytes before, seeded by frame_seed()
};
static_assert(sizeof(FrameHeader) == 64);

constexpr std::uint64_t commit_word(FrameType type, std::uint32_t frame_bytes) noexcept {
  return std::uint64_t{kCommitMagic} << 32 | static_cast<std::uint64_t>(type) << 28 |
         frame_bytes / kFrameAlign;
}
constexpr FrameType type_of(std::uint64_t commit) noexcept {
  return static_cast<FrameType>((commit >> 28) & 0xF);
}
constexpr std::uint32_t bytes_of(std::uint64_t commit) noexcept {
  return static_cast<std::uint32_t>(commit & 0x0FFF'FFFF) * kFrameAlign;
}
constexpr std::uint32_t frame_bytes(std::uint32_t payload_bytes) noexcept {
  return (static_cast<std::uint32_t>(sizeof(FrameHeader)) + payload_bytes + kFrameAlign - 1) /
         kFrameAlign * kFrameAlign;
}
/// From `offset` to the end of its stripe.
constexpr std::uint32_t left_in_stripe(std::uint64_t offset) noexcept {
  return kStripeBytes - static_cast<std::uint32_t>(offset % kStripeBytes);
}
inline constexpr std::uint32_t kPayloadBytesMax = kStripeBytes - sizeof(FrameHeader);

/// NAMES payload: entries, each this header, `bytes` of text and zeros up to a multiple of 8.
enum class NameKind : std::uint8_t { stream = 1, label = 2, error_class = 3 };
struct NameEntry {
  NameKind kind;
  std::uint8_t zero;
  std::uint16_t number;
  std::uint32_t bytes;  // of a stream: its JSON, see log/stream_text.hpp
};
static_assert(sizeof(NameEntry) == 8);
inline constexpr std::uint32_t kNameBytesMax = 32 * 1024;

/// ACCOUNT payload: one for each worker; totals since it registered, so that the greatest counts.
struct AccountEntry {
  std::uint32_t worker;  // 0: all beyond the first 1,024
  std::uint32_t stream;
  std::uint64_t accepted;  // a lower bound while the worker lives
  std::uint64_t rejected_full, rejected_closed, rejected_reentrant;
};
static_assert(sizeof(AccountEntry) == 40);

struct EndPayload {
  std::uint64_t records_in_segment;
  std::uint64_t records_of_run;  // logged, up to here
  std::uint64_t unlogged;
  std::int64_t finished_ns;    // the run's last clock reading (kFinal), else of the last slice
  std::uint32_t frames;        // before this one, PAD frames too
  std::uint32_t frames_crc;    // of their header_crc words, in order
  std::uint64_t next_segment;  // 0: none
  std::uint64_t zeros[2];
};
static_assert(sizeof(EndPayload) == 64);

/// Seeds header_crc: a frame that is moved, stale or of another log does not validate.
std::uint32_t frame_seed(const Id128& log_id, std::uint64_t segment, std::uint64_t offset) noexcept;
std::uint32_t header_crc(const FrameHeader& header, std::uint32_t seed) noexcept;
std::uint32_t header_crc(const SegmentHeader& header) noexcept;

/// All but segment, run_index, segment_bytes and crc, which seal() fills in.
SegmentHeader make_header(const RunIdentity& identity, FileKind kind);
void seal(SegmentHeader& header) noexcept;
RunIdentity identity_of(const SegmentHeader& header) noexcept;

/// "00000000000000000042.mlr"
std::string segment_name(std::uint64_t segment);

}  // namespace millrace::log
