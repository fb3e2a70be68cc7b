// SPDX-License-Identifier: Apache-2.0
#include "live_view.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "progress_line.hpp"
#include "report/llmeter_stats.hpp"
#include "report/quantity.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kPlainEvery{5};
constexpr std::size_t kMetricsShown = 8;       // of a stream without llmeter's
constexpr std::size_t kPlainMetricsShown = 4;  // on a line
constexpr std::size_t kNameCharactersMax = 24;

std::chrono::nanoseconds steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::int64_t now_ns() { return steady_now().count(); }

void write_stderr(std::string_view text) { fmt::print(stderr, "{}", text); }

LlmeterDisplay display_of(std::vector<DisplayField> fields) {
  return {std::move(fields), write_stderr, Counts::whole};
}

std::optional<GuidellmProgress> guidellm_lines(const LiveViewOptions& options) {
  const auto only = [&](const char* word) {
    return options.fields.size() == 1 && options.fields[0] == word;
  };
  const bool scheduler = only("guidellm-scheduler");
  if (!scheduler && !only("guidellm")) return std::nullopt;
  return GuidellmProgress{.name = "requests",
                          .started_at = std::time(nullptr),
                          .max_requests = options.max_requests,
                          .max_seconds = options.max_seconds,
                          .scheduler = scheduler};
}

bool has_llmeter_metric(const StreamSnapshot& stream) {
  return stream.metric("time_to_first_token") != nullptr ||
         stream.metric("time_to_last_token") != nullptr;
}

std::string percentile_of(const MetricSnapshot& metric, double p) {
  const auto value = metric.percentile(p);
  return value && metric.count != 0 ? show(*value, metric.unit) : std::string(kPlaceholder);
}

// "298 ok  2 error"
std::string statuses_of(const StreamSnapshot& stream) {
  std::string text;
  for (std::size_t i = 0; i < kStatusCount; ++i) {
    if (const auto n = stream.by_status[i]; n != 0)
      text += fmt::format("  {} {}", show_count(n), to_string(static_cast<Status>(i)));
  }
  return text;
}

std::vector<std::string> table_of(const StreamSnapshot& stream) {
  Table table({"", "count", "mean", "p50", "p99", "max"});
  std::size_t with_values = 0;
  for (const MetricSnapshot& metric : stream.metrics) {
    if (metric.count == 0 || ++with_values > kMetricsShown) continue;
    table.row({printable(metric.name, kNameCharactersMax), show_count(metric.count),
               show(metric.mean, metric.unit), percentile_of(metric, 50), percentile_of(metric, 99),
               show(metric.max, metric.unit)});
  }
  std::vector<std::string> lines;
  std::istringstream text(with_values == 0 ? "" : table.text());
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  if (with_values > kMetricsShown)
    lines.push_back(fmt::format("and {} further metrics", with_values - kMetricsShown));
  return lines;
}

}  // namespace

LiveView::LiveView(std::vector<DisplayField> fields, const LiveViewOptions& options, bool off)
    : off_(off || fields.empty()),
      terminal_(stderr_is_terminal()),
      chosen_(!options.fields.empty()),
      fields_(fields),
      display_(display_of(std::move(fields))),
      guidellm_(guidellm_lines(options)),
      block_(write_stderr),
      throttle_(steady_now, options.every.value_or(
                                terminal_ ? std::chrono::nanoseconds(RefreshThrottle::kInterval)
                                          : std::chrono::nanoseconds(kPlainEvery))) {
  if (!terminal_) (void)throttle_.due();  // no plain line before the first interval is over
}

Result<LiveView> LiveView::make(const LiveViewOptions& options) {
  const bool off = options.quiet || progress_is_off();
  if (options.fields.empty() || guidellm_lines(options))
    return LiveView(default_display_fields(), options, off);
  auto parsed = parse_display_fields(options.fields);
  if (!parsed) return tl::unexpected(parsed.error());
  return LiveView(std::move(*parsed), options, off);
}

void LiveView::show(const TakeSnapshot& take) {
  if (!off_ && throttle_.due()) refresh(take());
}

// Of a stream that has none of llmeter's metrics.
void LiveView::show_own_metrics(const StreamSnapshot& stream, std::string line) {
  if (terminal_) {
    std::vector<std::string> lines = table_of(stream);
    lines.insert(lines.begin(), std::move(line));
    return block_.show(lines);
  }
  for (std::size_t i = 0; i < std::min(stream.metrics.size(), kPlainMetricsShown); ++i) {
    const MetricSnapshot& metric = stream.metrics[i];
    line += fmt::format("  {} p50={} p99={}", printable(metric.name, kNameCharactersMax),
                        percentile_of(metric, 50), percentile_of(metric, 99));
  }
  fmt::print(stderr, "{}\n", line);
}

void LiveView::show_guidellm(const Snapshot& snapshot) {
  if (snapshot.streams.empty()) return;
  const StreamSnapshot& stream = snapshot.streams.front();
  guidellm_->name = printable(stream.name);
  std::vector<std::string> lines =
      guidellm_->lines(stream, static_cast<double>(snapshot.elapsed_ns) / 1e9);
  if (!note_.empty()) lines[0] += "  " + note_;
  if (terminal_) return block_.show(lines);
  for (const std::string& line : lines) fmt::print(stderr, "{}\n", line);
}

void LiveView::refresh(const Snapshot& snapshot) {
  if (guidellm_) return show_guidellm(snapshot);
  const std::string reqs = fmt::format("reqs={}", show_count(snapshot.accounting.aggregated));
  const std::string note = note_.empty() ? "" : "  " + note_;
  Json stats;
  if (!snapshot.streams.empty()) {
    const StreamSnapshot& stream = snapshot.streams.front();
    if (!chosen_ && !has_llmeter_metric(stream))
      return show_own_metrics(stream, reqs + statuses_of(stream) + note);
    if (stream.count != 0) stats = llmeter_stats(llmeter_numbers(stream), now_ns());
  }
  if (terminal_) {
    display_.update(stats, reqs + note);
    return;
  }
  std::string line = reqs + note;
  for (const auto& [label, text] : format_display(stats, fields_, Counts::whole))
    line += fmt::format("  {}={}", label, text);
  fmt::print(stderr, "{}\n", line);
}

void LiveView::close(const TakeSnapshot& take) {
  if (!terminal_) return;
  if (!off_ && throttle_.due(true)) refresh(take());
  display_.close();
  block_.close();
}

}  // namespace millrace
