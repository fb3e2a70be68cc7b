// SPDX-License-Identifier: Apache-2.0
//
// PhaseSize: how much of a run is warmup, or cooldown: a time, a number of requests, or a fraction of either.
//
//   PhaseSize warmup = phase_size("30s").value();      // "100": requests; "5%": of the time, else of the requests
//   PhaseLimits limits = limits_of(warmup, {.requests = 10'000, .ns = 60'000'000'000});
//
// Modes     duration and requests: of that alone, nothing where its maximum is not known. prefer_...: that
//           where its maximum is known, else the other. both: the longer warmup, the earlier cooldown.
// Source    guidellm 0.7.3, TransientPhaseConfig.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "millrace/result.hpp"

namespace millrace {

enum class PhaseMode : std::uint8_t { duration, requests, prefer_duration, prefer_requests, both };

struct PhaseSize {
  std::optional<double> fraction = {};  // below 1; goes before `value`
  std::optional<double> value = {};     // seconds, or requests
  PhaseMode mode = PhaseMode::prefer_duration;
  [[nodiscard]] bool none() const noexcept { return !fraction && !value; }
};

/// "30s", "500ms" (duration), "100" (requests), "5%", "0.05" (prefer_duration); with ":MODE" behind it in that
/// mode, where a bare number is seconds or requests.
Result<PhaseSize> phase_size(std::string_view text);

/// How long a run is, or was meant to be.
struct RunMaximum {
  std::optional<std::uint64_t> requests = {};
  std::optional<std::int64_t> ns = {};
};

struct PhaseLimits {
  std::optional<std::int64_t> ns;
  std::optional<std::uint64_t> requests;
};
PhaseLimits limits_of(const PhaseSize& size, const RunMaximum& maximum) noexcept;

}  // namespace millrace
