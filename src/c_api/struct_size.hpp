// SPDX-License-Identifier: Apache-2.0
//
// Structs that a caller was compiled with: older, of this version, or newer. No byte beyond struct_size is read
// or written.
//
//   auto options = taken("millrace_options", given, defaults);      // Result<millrace_options>
//   return put("millrace_accounting", numbers, out);
//
// Older    What it lacks has its default, and is not written.
// Newer    What is beyond ours must be zero, as who set nothing leaves it; written as zero.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "millrace/c/distribution.h"
#include "millrace/c/engine.h"
#include "millrace/c/log.h"
#include "millrace/c/numbers.h"
#include "millrace/c/replay.h"
#include "millrace/c/summary.h"
#include "millrace/c/worker.h"
#include "millrace/result.hpp"

namespace millrace::c_api {

/// Its size in the first version: no caller has a smaller one. Never changed; a struct grows at its end.
template <typename T>
inline constexpr std::size_t kFirstSize = 0;
template <>
inline constexpr std::size_t kFirstSize<millrace_options> = 160;
template <>
inline constexpr std::size_t kFirstSize<millrace_limit> = 24;
template <>
inline constexpr std::size_t kFirstSize<millrace_stream_options> = 88;
template <>
inline constexpr std::size_t kFirstSize<millrace_query> = 40;
template <>
inline constexpr std::size_t kFirstSize<millrace_accounting> = 80;
template <>
inline constexpr std::size_t kFirstSize<millrace_log_account> = 80;
template <>
inline constexpr std::size_t kFirstSize<millrace_stream_numbers> = 112;
template <>
inline constexpr std::size_t kFirstSize<millrace_metric_numbers> = 112;
template <>
inline constexpr std::size_t kFirstSize<millrace_memory> = 56;
template <>
inline constexpr std::size_t kFirstSize<millrace_rejected> = 40;
template <>
inline constexpr std::size_t kFirstSize<millrace_report_options> = 40;
template <>
inline constexpr std::size_t kFirstSize<millrace_replay_options> = 96;
template <>
inline constexpr std::size_t kFirstSize<millrace_losses> = 80;
template <>
inline constexpr std::size_t kFirstSize<millrace_log_options> = 40;
template <>
inline constexpr std::size_t kFirstSize<millrace_distribution_numbers> = 168;

/// Beyond it a size is what happened to be in memory.
inline constexpr std::size_t kStructBytesMax = 4096;

/// That a caller can have a T of this size.
template <typename T>
Result<void> fits(const char* name, std::size_t size) {
  static_assert(kFirstSize<T> != 0 && sizeof(T) >= kFirstSize<T> && sizeof(T) % 8 == 0);
  if (size >= kFirstSize<T> && size <= kStructBytesMax) return {};
  return failure(Errc::invalid_argument,
                 fmt::format("{}: struct_size is {}; set it to sizeof({})", name, size, name));
}

/// `from`, with what it lacks from `defaults`.
template <typename T>
Result<T> taken(const char* name, const T* from, T defaults) {
  if (auto fitting = fits<T>(name, from->struct_size); !fitting) {
    return tl::unexpected(std::move(fitting).error());
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(from);
  for (std::size_t i = sizeof(T); i < from->struct_size; ++i) {
    if (bytes[i] != std::byte{0}) {
      return failure(
          Errc::invalid_argument,
          fmt::format("{}: a field is set that this version of the library, {}, does not know",
                      name, millrace_version()));
    }
  }
  std::memcpy(&defaults, from, std::min(from->struct_size, sizeof(T)));
  return defaults;
}

/// Writes what the caller has room for; struct_size stays the caller's.
template <typename T>
Result<void> put(const char* name, T value, T* to) {
  const std::size_t size = to->struct_size;
  if (auto fitting = fits<T>(name, size); !fitting) return fitting;
  value.struct_size = size;
  std::memcpy(to, &value, std::min(size, sizeof(T)));
  if (size > sizeof(T)) std::memset(to + 1, 0, size - sizeof(T));
  return {};
}

}  // namespace millrace::c_api
