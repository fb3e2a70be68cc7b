// SPDX-License-Identifier: Apache-2.0
#include "phase_options.hpp"

#include <cmath>

#include <fmt/format.h>

#include "report/quantity.hpp"

namespace millrace {
namespace {

// A bare number is seconds, as those of guidellm are.
Result<std::optional<std::int64_t>> nanoseconds(const char* flag, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const bool bare = text.find_first_not_of("0123456789.eE+-") == std::string::npos;
  const auto ns = parse_quantity(text + (bare ? "s" : ""), Unit::nanoseconds);
  if (ns && *ns >= 0 && *ns < 9e18) return std::optional(std::llround(*ns));
  return failure(Errc::invalid_argument,
                 fmt::format("{}: '{}' is no time, such as 90s", flag, text));
}

Result<PhaseSize> phase(const char* flag, const std::string& text) {
  if (text.empty()) return PhaseSize{};
  auto size = phase_size(text);
  if (size) return *size;
  return failure(Errc::invalid_argument, fmt::format("{}: {}", flag, size.error().message));
}

}  // namespace

void PhaseFlags::declare_live(CLI::App& app) {
  auto* group = app.add_option_group(
      "Phases", "What is left out: of a run as long as it was, or was meant to be");
  group->add_option("--warmup", warmup,
                    "A time (30s), requests (100) or a part (5%); behind it a mode may stand:\n"
                    "5%:requests, also duration, prefer_duration, prefer_requests, both");
  group->add_option("--cooldown", cooldown, "The same at the end");
  group->add_option("--max-requests", max_requests, "How many requests were planned");
  group->add_option("--max-time", max_time, "How long the run was planned to be: 60s");
}

void PhaseFlags::declare(CLI::App& app) {
  declare_live(app);
  auto* group = app.get_option_group("Phases");
  group->add_option("--from", from, "Only results that end later than this after the first start");
  group->add_option("--to", to, "Only results that begin earlier than this after it");
}

Result<LogPhases> PhaseFlags::parse() const {
  LogPhases phases;
  phases.maximum.requests = max_requests;
  const auto take = [](auto result, auto& into) -> Result<void> {
    if (!result) return tl::unexpected(std::move(result).error());
    into = *result;
    return {};
  };
  if (auto taken = take(phase("--warmup", warmup), phases.warmup); !taken)
    return tl::unexpected(taken.error());
  if (auto taken = take(phase("--cooldown", cooldown), phases.cooldown); !taken)
    return tl::unexpected(taken.error());
  if (auto taken = take(nanoseconds("--from", from), phases.from_ns); !taken)
    return tl::unexpected(taken.error());
  if (auto taken = take(nanoseconds("--to", to), phases.to_ns); !taken)
    return tl::unexpected(taken.error());
  if (auto taken = take(nanoseconds("--max-time", max_time), phases.maximum.ns); !taken)
    return tl::unexpected(taken.error());
  return phases;
}

}  // namespace millrace
