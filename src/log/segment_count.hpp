// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "log/format.hpp"

namespace millrace::log {

/// Records that a reader finds in a segment that somebody has cut or moved while it was written: those
/// in DATA frames that check, wherever they stand. Cost: one pass over the file.
std::uint64_t count_records(int fd, const SegmentHeader& segment) noexcept;

}  // namespace millrace::log
