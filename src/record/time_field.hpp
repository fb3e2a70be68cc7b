// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "millrace/schema.hpp"

namespace millrace {

/// Of a record whose schema has the field; else absent.
inline std::int64_t time_at(const std::optional<Field>& field, const std::byte* record) noexcept {
  std::int64_t ns = kAbsentTime;
  if (field) std::memcpy(&ns, record + field->offset, sizeof ns);
  return ns;
}

}  // namespace millrace
