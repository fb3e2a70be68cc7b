// SPDX-License-Identifier: Apache-2.0
//
// Under which status and label a record is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "millrace/schema.hpp"

#include "record/slice.hpp"

namespace millrace {

/// Numbers of labels; 0 and 1 are never given to a name.
inline constexpr std::uint16_t kNoLabel = 0;
inline constexpr std::uint16_t kOtherLabel = 1;

/// Below kStatusCount.
inline std::uint8_t status_of(const Schema& schema, const std::byte* record) noexcept {
  if (!schema.status) return 0;
  const auto status = static_cast<std::uint8_t>(record[schema.status->offset]);
  // A status that does not exist is no success.
  return status < kStatusCount ? status : static_cast<std::uint8_t>(Status::error);
}

/// The run's number for a number in a slice.
inline std::uint16_t mapped(std::span<const std::uint16_t> numbers, std::uint16_t number) noexcept {
  if (number == kNoLabel || numbers.empty()) return number;
  return number < numbers.size() ? numbers[number] : kOtherLabel;
}

inline std::uint16_t label_of(const Schema& schema, const std::byte* record,
                              const NameMap& names) noexcept {
  if (!schema.label) return kNoLabel;
  std::uint16_t label;
  std::memcpy(&label, record + schema.label->offset, sizeof label);
  return mapped(names.labels, label);
}

}  // namespace millrace
