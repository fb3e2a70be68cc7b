// SPDX-License-Identifier: Apache-2.0
#include "live_view.hpp"

#include <fmt/format.h>

#include "progress_line.hpp"
#include "report/llmeter_stats.hpp"
#include "report/quantity.hpp"

namespace millrace {
namespace {

constexpr std::chrono::seconds kPlainEvery{5};

std::chrono::nanoseconds steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::int64_t now_ns() { return steady_now().count(); }

}  // namespace

LiveView::LiveView(std::vector<DisplayField> fields, bool off)
    : off_(off || fields.empty()),
      terminal_(stderr_is_terminal()),
      fields_(fields),
      display_(
          std::move(fields), [](std::string_view text) { fmt::print(stderr, "{}", text); },
          Counts::whole),
      throttle_(steady_now, terminal_ ? std::chrono::nanoseconds(RefreshThrottle::kInterval)
                                      : std::chrono::nanoseconds(kPlainEvery)) {
  if (!terminal_) (void)throttle_.due();  // no plain line before the first interval is over
}

Result<LiveView> LiveView::make(const std::vector<std::string>& fields, bool quiet) {
  const bool off = quiet || progress_is_off();
  if (fields.empty()) return LiveView(default_display_fields(), off);
  auto parsed = parse_display_fields(fields);
  if (!parsed) return tl::unexpected(parsed.error());
  return LiveView(std::move(*parsed), off);
}

void LiveView::show(const Engine& engine) {
  if (!off_ && throttle_.due()) refresh(engine);
}

void LiveView::refresh(const Engine& engine) {
  const Snapshot snapshot = engine.snapshot();
  const StreamSnapshot& stream = snapshot.streams.front();
  const auto stats = stream.count == 0 ? nlohmann::ordered_json{}
                                       : llmeter_stats(llmeter_numbers(stream), now_ns());
  const std::string prefix = fmt::format("reqs={}", show_count(snapshot.accounting.aggregated));
  if (terminal_) {
    display_.update(stats, prefix);
    return;
  }
  std::string line = prefix;
  for (const auto& [label, text] : format_display(stats, fields_, Counts::whole))
    line += fmt::format("  {}={}", label, text);
  fmt::print(stderr, "{}\n", line);
}

void LiveView::close(const Engine& engine) {
  if (!terminal_) return;
  if (!off_ && throttle_.due(true)) refresh(engine);
  display_.close();
}

}  // namespace millrace
