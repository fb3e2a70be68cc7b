// SPDX-License-Identifier: Apache-2.0
#include "report/guidellm_progress.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace millrace {
namespace {

using Cells = std::vector<std::pair<double, ProgressCell>>;

std::string row(const char* name, const Cells& cells) {
  std::string text = name;
  const char* separator = " ";
  for (const auto& [value, cell] : cells) {
    text += separator + progress_cell(value, cell);
    separator = ", ";
  }
  return text;
}

const char* status_word(Phase phase, bool over) {
  if (over) return "complete";
  switch (phase) {
    case Phase::pending:
      return "pending";
    case Phase::warmup:
      return "warmup";
    case Phase::active:
      return "running";
    case Phase::cooldown:
      return "cooldown";
  }
  return "";
}

std::string clock_text(std::optional<std::time_t> at) {
  std::tm local{};
  if (!at || ::localtime_r(&*at, &local) == nullptr) return "--:--:--";
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

double results_of(const RunningStatistics& running, Status status) {
  return static_cast<double>(running.results[static_cast<std::size_t>(status)]);
}

}  // namespace

std::string progress_cell(double value, const ProgressCell& cell) {
  std::string number;
  if (cell.digits && cell.decimals) {
    number = fmt::format("{:{}.{}f}", value, *cell.digits, *cell.decimals);
  } else if (cell.decimals) {
    number = fmt::format("{:.{}f}", value, *cell.decimals);
  } else if (cell.digits) {
    number = fmt::format("{:{}f}", value, *cell.digits);
  } else {
    number = fmt::format("{}:.0f", value);
  }
  return fmt::format("{:>{}}", fmt::format("{}{} {}", number, cell.units, cell.label),
                     cell.total_characters.value_or(0));
}

std::optional<int> GuidellmProgress::completed(const StreamSnapshot& stream,
                                               double elapsed_s) const {
  if (!max_requests && !max_seconds) return std::nullopt;
  if (over) return 1000;
  double furthest = 0;
  if (max_requests && *max_requests != 0 && stream.running) {
    const double over_by_now =
        results_of(*stream.running, Status::ok) + results_of(*stream.running, Status::error);
    furthest = std::max(furthest, over_by_now / static_cast<double>(*max_requests) * 1000);
  }
  if (max_seconds && *max_seconds > 0) {
    furthest = std::max(furthest, elapsed_s / *max_seconds * 1000);
  }
  return static_cast<int>(std::min(furthest, 1000.0));
}

std::vector<std::string> GuidellmProgress::lines(const StreamSnapshot& stream,
                                                 double elapsed_s) const {
  const auto part = completed(stream, elapsed_s);
  const std::string percent = part ? fmt::format("{:5.1f}%", *part / 10.0) : "";
  std::vector<std::string> lines = {fmt::format("[{}] {} {} ({:<8})", clock_text(started_at),
                                                percent, name, status_word(stream.phase, over))};
  if (!stream.running) return lines;
  const RunningStatistics& running = *stream.running;
  const auto find = [&](const char* metric) {
    static const RunningMetric none;
    const RunningMetric* const found = running.find(metric);
    return found == nullptr ? none : *found;
  };
  const auto mean_ms = [&](const char* metric) { return find(metric).mean / 1e6; };
  const double ok = results_of(running, Status::ok);

  lines.push_back(row("Req:", {{elapsed_s > 0 ? ok / elapsed_s : 0, {"req/s", "", 12, 4, 1}},
                               {find("request_time").mean / 1e9, {"Lat", "s", 12, 4, 2}},
                               {find("processing_requests").last, {"Conc", "", 12, 4, 1}},
                               {ok, {"Comp", "", 12, 5, 0}},
                               {results_of(running, Status::incomplete), {"Inc", "", 12, 5, 0}},
                               {results_of(running, Status::error), {"Err", "", 12, 5, 0}}}));
  lines.push_back(row("Tok:", {{find("output_tokens").rate(elapsed_s), {"gen/s", "", 12, 4, 1}},
                               {find("total_tokens").rate(elapsed_s), {"tot/s", "", 12, 4, 1}},
                               {mean_ms("time_to_first_token"), {"TTFT", "ms", 12, 3, 1}},
                               {mean_ms("inter_token_latency"), {"ITL", "ms", 12, 3, 1}},
                               {find("prompt_tokens").mean, {"Prompt", "", 12, 4, 0}},
                               {find("output_tokens").mean, {"Gen", "", 12, 4, 0}}}));
  if (!scheduler) return lines;
  lines.push_back(
      row("Sys:", {{mean_ms("scheduled_time_delay") + mean_ms("worker_start_delay"),
                    {"Work OH", "ms", 18, 3, 1}},
                   {mean_ms("request_time_delay"), {"Back OH", "ms", 18, 3, 1}},
                   {mean_ms("scheduled_time_sleep"), {"Req Sleep", "ms", 18, 5, 0}},
                   {mean_ms("request_start_time_targeted_delay"), {"Start Del", "ms", 18, 5, 0}}}));
  return lines;
}

}  // namespace millrace
