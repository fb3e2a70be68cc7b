// SPDX-License-Identifier: Apache-2.0
//
// llmeter's live lines: chosen statistics as text, and a block of lines that overwrites itself.
//
//   LlmeterDisplay display(default_display_fields(), [](std::string_view s) { write_stderr(s); });
//   RefreshThrottle throttle(steady_now);
//   display.update({}, "reqs=0");                                   // placeholders
//   while (running) {
//     if (throttle.due()) display.update(llmeter_stats(llmeter_numbers(live), now_ns), "reqs=12");
//   }
//   display.close();                                                // erases the block
//
// Threads   One at a time.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "millrace/result.hpp"

#include "report/llmeter_stats.hpp"
#include "report/terminal_block.hpp"

namespace millrace {

/// One item of the display. `key` is a key of llmeter_stats(), e.g. "time_to_first_token-p50"; for
/// llmeter_snapshot() also "{metric}-sum", "failed", "rpm" and "output_tps". inverse: 1/value.
struct DisplayField {
  std::string label;
  std::string key;
  bool inverse = false;
  bool operator==(const DisplayField&) const = default;
};

using LabelledText = std::pair<std::string, std::string>;
using LabelGroup = std::pair<std::string, std::vector<LabelledText>>;

inline constexpr std::string_view kPlaceholder = "\u2014";

/// Reads "label=key" and "label=key:inv". "{}" or "none" alone: no fields, which switches the
/// display off. Errors: invalid_argument.
Result<std::vector<DisplayField>> parse_display_fields(std::span<const std::string> texts);

/// llmeter's main branch: ten labels. What is missing shows as the placeholder.
std::vector<DisplayField> default_display_fields();
/// llmeter shows counts as 417.0; `whole` shows them as 417.
enum class Counts { as_llmeter, whole };
std::vector<LabelledText> format_display(const nlohmann::ordered_json& stats,
                                         std::span<const DisplayField> fields,
                                         Counts counts = Counts::as_llmeter);
/// By words in the label: Throughput, TTFT, TTLT, Tokens, Errors, Other; no empty groups.
std::vector<LabelGroup> group_display(std::span<const LabelledText> items);

/// Pull request 56: eight labels, empty before the first record, no label without a value.
std::vector<DisplayField> default_snapshot_fields();
std::vector<LabelledText> llmeter_snapshot(const LlmeterNumbers& numbers,
                                           std::span<const DisplayField> fields);
/// Pull request 58: "rpm" and "output_tps" lead, placeholders before the first record.
std::vector<DisplayField> default_pr58_fields();
std::vector<LabelledText> llmeter_pr58_snapshot(const LlmeterNumbers& numbers,
                                                std::span<const DisplayField> fields);

class LlmeterDisplay {
 public:
  using Write = TerminalBlock::Write;

  /// Without fields nothing is ever written.
  LlmeterDisplay(std::vector<DisplayField> fields, Write write, Counts counts = Counts::as_llmeter)
      : fields_(std::move(fields)), block_(std::move(write)), counts_(counts) {}

  /// Replaces the block. Empty `stats`: placeholders; empty `prefix`: no line for it.
  void update(const nlohmann::ordered_json& stats, std::string_view prefix = {});
  /// Erases the block; a second call does nothing.
  void close() { block_.close(); }

 private:
  std::vector<DisplayField> fields_;
  TerminalBlock block_;
  Counts counts_;
};

/// Says when a display may refresh: at once, then at most once an interval.
class RefreshThrottle {
 public:
  using Clock = std::function<std::chrono::nanoseconds()>;  // monotonic
  static constexpr std::chrono::milliseconds kInterval{500};

  explicit RefreshThrottle(Clock now, std::chrono::nanoseconds interval = kInterval)
      : now_(std::move(now)), interval_(interval) {}

  /// `forced` at the end of a run. True counts as a refresh.
  bool due(bool forced = false);

 private:
  Clock now_;
  std::chrono::nanoseconds interval_;
  std::optional<std::chrono::nanoseconds> last_;
};

}  // namespace millrace
