// SPDX-License-Identifier: Apache-2.0
#include "stats/phase_size.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<std::pair<std::string_view, PhaseMode>, 5> kModes = {
    {{"duration", PhaseMode::duration},
     {"requests", PhaseMode::requests},
     {"prefer_duration", PhaseMode::prefer_duration},
     {"prefer_requests", PhaseMode::prefer_requests},
     {"both", PhaseMode::both}}};

constexpr std::array<std::pair<std::string_view, double>, 6> kUnits = {
    {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}}};

tl::unexpected<Error> refused(std::string_view text, const char* why) {
  return failure(Errc::invalid_argument,
                 "'" + std::string(text) + "': " + why +
                     "; a phase is a time (30s), a number of requests (100) or a part (5%), and a "
                     "mode may follow (5%:requests)");
}

}  // namespace

Result<PhaseSize> phase_size(std::string_view text) {
  PhaseSize size;
  std::string_view amount = text;
  std::optional<PhaseMode> mode;
  if (const std::size_t colon = text.find(':'); colon != text.npos) {
    amount = text.substr(0, colon);
    for (const auto& [name, one] : kModes) {
      if (text.substr(colon + 1) == name) mode = one;
    }
    if (!mode) return refused(text, "no such mode");
  }
  double number = 0;
  const char* const end = amount.data() + amount.size();
  const auto [rest, error] = std::from_chars(amount.data(), end, number);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) {
    return refused(text, "is no number");
  }
  constexpr double kLargest = 9e9;  // of seconds, as nanoseconds of 64 bits
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (unit == "%" || (unit.empty() && number < 1)) {
    size.fraction = unit == "%" ? number / 100 : number;
    if (*size.fraction >= 1) return refused(text, "is the whole run");
    size.mode = mode.value_or(PhaseMode::prefer_duration);
    return size;
  }
  if (unit.empty()) {
    if (number > kLargest) return refused(text, "is too much");
    size.value = number;
    size.mode = mode.value_or(PhaseMode::requests);
    return size;
  }
  for (const auto& [name, seconds] : kUnits) {
    if (unit != name) continue;
    size.value = number * seconds;
    size.mode = mode.value_or(PhaseMode::duration);
    if (*size.value > kLargest) return refused(text, "is too much");
    return size;
  }
  return refused(text, "has no unit of time");
}

PhaseLimits limits_of(const PhaseSize& size, const RunMaximum& maximum) noexcept {
  PhaseLimits limits;
  if (size.mode != PhaseMode::requests && maximum.ns) {
    if (size.fraction) {
      limits.ns = std::llround(*size.fraction * static_cast<double>(*maximum.ns));
    } else if (size.value) {
      limits.ns = std::llround(*size.value * 1e9);
    }
  }
  if (size.mode != PhaseMode::duration && maximum.requests) {
    if (size.fraction) {
      limits.requests =
          static_cast<std::uint64_t>(*size.fraction * static_cast<double>(*maximum.requests));
    } else if (size.value) {
      limits.requests = static_cast<std::uint64_t>(*size.value);
    }
  }
  if (size.mode == PhaseMode::prefer_duration && limits.ns) limits.requests.reset();
  if (size.mode == PhaseMode::prefer_requests && limits.requests) limits.ns.reset();
  return limits;
}

}  // namespace millrace
