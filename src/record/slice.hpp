// SPDX-License-Identifier: Apache-2.0
//
// Slice: the records of a block that the aggregator takes in one turn: the unit of accumulation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {

inline constexpr std::uint32_t kSliceRecordsMax = 2048;  // a block of 16-byte records holds 2,044

struct Slice {
  const std::byte* records = nullptr;
  std::uint32_t count = 0;
  std::uint32_t record_size = 0;
  std::uint32_t stream = 0;
  std::uint32_t worker = 0;
  std::uint64_t worker_seq = 0;  // the worker's number of the first record
};

/// Maps the label and error numbers in a slice to the run's own; empty: they are the run's own.
struct NameMap {
  std::span<const std::uint16_t> labels;
  std::span<const std::uint16_t> errors;
};

}  // namespace millrace
