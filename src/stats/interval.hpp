// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "millrace/schema.hpp"

#include "record/time_field.hpp"

namespace millrace {

/// The number of the interval in which a result ends, or starts where its end is not known. nullopt: it has
/// neither.
inline std::optional<std::int64_t> interval_of(const Schema& schema, const std::byte* record,
                                               std::int64_t every_ns) noexcept {
  std::int64_t ns = time_at(schema.end, record);
  if (ns == kAbsentTime) ns = time_at(schema.start, record);
  if (ns == kAbsentTime) return std::nullopt;
  return ns / every_ns - (ns % every_ns < 0 ? 1 : 0);
}

/// The first interval of all begins before time does: absent.
inline std::int64_t begin_of_interval(std::int64_t number, std::int64_t every_ns) noexcept {
  std::int64_t ns = 0;
  return __builtin_mul_overflow(number, every_ns, &ns) ? kAbsentTime : ns;
}

}  // namespace millrace
