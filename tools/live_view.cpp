// SPDX-License-Identifier: Apache-2.0
#include "live_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "progress_line.hpp"
#include "report/llmeter_stats.hpp"
#include "report/quantity.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kPlainEvery{5};
constexpr std::size_t kOwnMetricsShown = 4;

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

// "latency-p50": "12.50 ms"
Json own_numbers(const StreamSnapshot& stream) {
  Json numbers = Json::object();
  for (const MetricSnapshot& metric : stream.metrics) {
    for (const double p : {50.0, 99.0}) {
      if (const auto value = metric.percentile(p); value && metric.count != 0) {
        numbers[fmt::format("{}-p{}", printable(metric.name), p)] = show(*value, metric.unit);
      }
    }
  }
  return numbers;
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

// What a stream of another kind has to show instead.
void LiveView::show_own_metrics(const StreamSnapshot& stream) {
  if (chosen_ || own_ || has_llmeter_metric(stream)) return;
  own_ = true;
  fields_.clear();
  for (const MetricSnapshot& metric : stream.metrics) {
    if (fields_.size() == 2 * kOwnMetricsShown) break;
    for (const char* p : {"p50", "p99"}) {
      const std::string name = printable(metric.name);
      fields_.push_back({fmt::format("{} {}", name, p), fmt::format("{}-{}", name, p)});
    }
  }
  display_.close();
  display_ = display_of(fields_);
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
  Json stats;
  if (!snapshot.streams.empty()) {
    const StreamSnapshot& stream = snapshot.streams.front();
    show_own_metrics(stream);
    if (stream.count != 0) {
      stats = own_ ? own_numbers(stream) : llmeter_stats(llmeter_numbers(stream), now_ns());
    }
  }
  std::string prefix = fmt::format("reqs={}", show_count(snapshot.accounting.aggregated));
  if (!note_.empty()) prefix += "  " + note_;
  if (terminal_) {
    display_.update(stats, prefix);
    return;
  }
  std::string line = prefix;
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
