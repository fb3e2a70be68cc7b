// SPDX-License-Identifier: Apache-2.0
//
// What makes a frame good: its 64 bytes of header, and what stands behind them.
//
//   if (const char* fault = header_fault(header, at, file)) ...;        // "a frame's header ..."
//   if (const char* fault = body_fault(header, body)) ...;              // bytes_of(commit) - 64 of it
//   payload = body.first(payload_bytes(header, body));
//
// Input     Hostile: nothing is used before it is checked, and a header that checks has a length
//           that stays in its stripe, so that a body fits the caller's buffer.
// Order     Checksum first, then what the words claim: a header with a good checksum that claims
//           what cannot be was made so, and is refused all the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "log/format.hpp"

namespace millrace::log {

/// Why `header`, read at `offset` of `file`, is none of its frames; nullptr: it is one.
const char* header_fault(const FrameHeader& header, std::uint64_t offset,
                         const SegmentHeader& file) noexcept;

/// Of a good header. `body`: all of the frame behind it. 0 when the body does not hold its entries.
std::uint32_t payload_bytes(const FrameHeader& header, std::span<const std::byte> body) noexcept;

/// Why the body of a good header is not what was written; nullptr: it is.
const char* body_fault(const FrameHeader& header, std::span<const std::byte> body) noexcept;

bool all_zero(std::span<const std::byte> bytes) noexcept;

}  // namespace millrace::log
