// SPDX-License-Identifier: Apache-2.0
#include "log/segment_count.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <span>

#include <unistd.h>

#include "record/crc32c.hpp"

namespace millrace::log {
namespace {

// What the file has of a stripe.
std::span<const std::byte> read_stripe(int fd, std::uint64_t offset, std::span<std::byte> buffer) {
  std::size_t got = 0;
  while (got < buffer.size()) {
    const ssize_t n =
        ::pread(fd, buffer.data() + got, buffer.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  return buffer.first(got);
}

bool is_frame(const FrameHeader& header, std::uint64_t offset, std::size_t left,
              const SegmentHeader& segment) noexcept {
  const std::uint32_t frame = bytes_of(header.commit);
  return header.commit >> 32 == kCommitMagic && frame >= sizeof header && frame <= left &&
         header.header_crc ==
             header_crc(header, frame_seed(segment.log_id, segment.segment, offset));
}

// `offset`: of the first frame; the stripe begins at `begin`.
std::uint64_t count_stripe(std::span<const std::byte> stripe, std::uint64_t begin,
                           std::uint64_t offset, const SegmentHeader& segment) noexcept {
  std::uint64_t records = 0;
  while (offset - begin + sizeof(FrameHeader) <= stripe.size()) {
    const auto rest = stripe.subspan(offset - begin);
    FrameHeader header;
    std::memcpy(&header, rest.data(), sizeof header);
    if (!is_frame(header, offset, rest.size(), segment)) {
      offset += kFrameAlign;
      continue;
    }
    const std::uint32_t frame = bytes_of(header.commit);
    const std::uint64_t payload = std::uint64_t{header.n} * header.record_size;
    if (type_of(header.commit) == FrameType::data && payload <= frame - sizeof header &&
        crc32c(rest.data() + sizeof header, payload) == header.payload_crc) {
      records += header.n;
    }
    offset += frame;
  }
  return records;
}

}  // namespace

std::uint64_t count_records(int fd, const SegmentHeader& segment) noexcept {
  const std::unique_ptr<std::byte[]> buffer(new (std::nothrow) std::byte[kStripeBytes]);
  if (buffer == nullptr) return 0;
  std::uint64_t records = 0;
  std::uint64_t offset = kHeaderBytes;
  for (std::uint64_t begin = 0; begin < segment.segment_bytes; begin += kStripeBytes) {
    const auto stripe = read_stripe(fd, begin, {buffer.get(), kStripeBytes});
    if (stripe.empty()) break;
    // Without its header a file is no segment, whatever it holds.
    if (begin == 0 && (stripe.size() < sizeof segment ||
                       std::memcmp(stripe.data(), &segment, sizeof segment) != 0)) {
      return 0;
    }
    records += count_stripe(stripe, begin, offset, segment);
    offset = begin + kStripeBytes;
  }
  return records;
}

}  // namespace millrace::log
