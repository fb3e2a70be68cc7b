// SPDX-License-Identifier: Apache-2.0
//
// What one GenerationRecord says, under the names that its metrics are defined with. Absent is nullopt,
// unless a definition says otherwise; times are ns, counts whole.
#pragma once

#include <cstdint>
#include <optional>

#include "millrace/record.hpp"

namespace millrace {

inline std::optional<std::int64_t> time_of(std::int64_t ns) noexcept {
  return ns == kAbsentTime ? std::nullopt : std::optional(ns);
}
inline std::optional<std::int64_t> count_of(std::int32_t count) noexcept {
  return count == kAbsentCount ? std::nullopt : std::optional<std::int64_t>(count);
}
inline double milliseconds(std::int64_t ns) noexcept { return static_cast<double>(ns) / 1e6; }

/// `to` - `from`; nullopt where one of them is absent or the difference does not fit.
inline std::optional<std::int64_t> between(std::int64_t from, std::int64_t to) noexcept {
  std::int64_t ns = 0;
  if (from == kAbsentTime || to == kAbsentTime || __builtin_sub_overflow(to, from, &ns)) {
    return std::nullopt;
  }
  return ns;
}

/// When it began: it was sent, or a worker took it.
inline std::optional<std::int64_t> begin_of(const GenerationRecord& r) noexcept {
  return time_of(r.start_ns != kAbsentTime ? r.start_ns : r.resolve_start_ns);
}
/// When it was over: answered or given up, or let go of.
inline std::optional<std::int64_t> end_of(const GenerationRecord& r) noexcept {
  return time_of(r.end_ns != kAbsentTime ? r.end_ns : r.resolve_end_ns);
}

/// Iterations that brought tokens. Who tells a first token and no number had one token an iteration.
inline std::int64_t token_iterations_of(const GenerationRecord& r) noexcept {
  if (r.token_iterations != kAbsentCount) return r.token_iterations;
  return r.first_token_ns == kAbsentTime ? 0 : count_of(r.output_tokens).value_or(0);
}
inline std::int64_t request_iterations_of(const GenerationRecord& r) noexcept {
  return r.request_iterations != kAbsentCount ? r.request_iterations : token_iterations_of(r);
}

/// As counted; else one an iteration.
inline std::optional<std::int64_t> output_tokens_of(const GenerationRecord& r) noexcept {
  if (const auto counted = count_of(r.output_tokens)) return counted;
  const std::int64_t iterations = count_of(r.token_iterations).value_or(0);
  return iterations == 0 ? std::nullopt : std::optional(iterations);
}

}  // namespace millrace
