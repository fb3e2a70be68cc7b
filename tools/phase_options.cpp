// SPDX-License-Identifier: Apache-2.0
#include "phase_options.hpp"

#include <fmt/format.h>

#include "flag_values.hpp"

namespace millrace {
namespace {

Result<std::optional<std::int64_t>> nanoseconds(const char* flag, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto ns = time_of_flag(flag, text);
  if (!ns) return tl::unexpected(ns.error());
  return std::optional(*ns);
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
  group->add_option("--max-requests", max_requests, "How many requests were planned")
      ->check(not_negative());
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

Result<Phases> PhaseFlags::parse_live(std::uint64_t requests,
                                      std::chrono::nanoseconds duration) const {
  auto wanted = parse();
  if (!wanted) return tl::unexpected(wanted.error());
  RunMaximum& maximum = wanted->maximum;
  if (!maximum.requests && requests != 0) maximum.requests = requests;
  if (!maximum.ns && duration.count() != 0) maximum.ns = duration.count();
  Phases phases;
  RunMaximum for_warmup = maximum;
  if (!wanted->warmup.fraction) {  // an absolute one needs no end
    for_warmup = {.requests = maximum.requests.value_or(0), .ns = maximum.ns.value_or(0)};
  }
  const PhaseLimits begin = limits_of(wanted->warmup, for_warmup);
  phases.warmup = std::chrono::nanoseconds(begin.ns.value_or(0));
  phases.warmup_results = begin.requests.value_or(0);
  const PhaseLimits end = limits_of(wanted->cooldown, maximum);
  phases.cooldown = std::chrono::nanoseconds(end.ns.value_or(0));
  phases.cooldown_results = end.requests.value_or(0);
  phases.time_max = std::chrono::nanoseconds(maximum.ns.value_or(0));
  phases.results_max = maximum.requests.value_or(0);
  const auto nothing = [](const PhaseSize& size, const PhaseLimits& limits) {
    return !size.none() && !limits.ns && !limits.requests;
  };
  if (nothing(wanted->warmup, begin) || nothing(wanted->cooldown, end)) {
    return failure(Errc::invalid_argument,
                   "--warmup, --cooldown: it is not known how long the run is; give "
                   "--duration, --max-requests or --max-time");
  }
  return phases;
}

}  // namespace millrace
