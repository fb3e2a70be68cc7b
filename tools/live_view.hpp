// SPDX-License-Identifier: Apache-2.0
//
// LiveView: live numbers on stderr: on a terminal a block that overwrites itself, elsewhere a plain
// line every few seconds.
//
//   auto view = LiveView::make({}, {});
//   while (running) view->show([&] { return engine.snapshot(); });
//   view->close([&] { return engine.snapshot(); });
//
// Streams   The numbers are llmeter's, of the first stream; of a stream that has none of its metrics, a
//           table of its own. Or guidellm's progress lines.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "millrace/result.hpp"
#include "millrace/snapshot.hpp"

#include "report/guidellm_progress.hpp"
#include "report/llmeter_display.hpp"

namespace millrace {

struct LiveViewOptions {
  /// See parse_display_fields(); empty: the default ones. "guidellm" or "guidellm-scheduler" alone: its
  /// lines.
  std::vector<std::string> fields;
  bool quiet = false;
  std::optional<std::chrono::nanoseconds> every;  // else half a second, and 5 s without a terminal
  // How long the run is meant to be, for guidellm's percentage.
  std::optional<std::uint64_t> max_requests;
  std::optional<double> max_seconds;
};

class LiveView {
 public:
  using TakeSnapshot = std::function<Snapshot()>;

  static Result<LiveView> make(const LiveViewOptions& options);

  /// Refreshes if it is time: only then a snapshot is taken.
  void show(const TakeSnapshot& take);
  /// On a terminal a last refresh, then the block is erased.
  void close(const TakeSnapshot& take);
  [[nodiscard]] bool is_on_terminal() const noexcept { return !off_ && terminal_; }
  /// Stands behind the number of records from the next refresh on.
  void note(std::string text) { note_ = std::move(text); }

 private:
  LiveView(std::vector<DisplayField> fields, const LiveViewOptions& options, bool off);
  void refresh(const Snapshot& snapshot);
  void show_own_metrics(const StreamSnapshot& stream, std::string line);
  void show_guidellm(const Snapshot& snapshot);

  bool off_;
  bool terminal_;
  bool chosen_;  // the fields were given
  std::vector<DisplayField> fields_;
  LlmeterDisplay display_;
  std::optional<GuidellmProgress> guidellm_;  // instead
  TerminalBlock block_;                       // of what is not llmeter's
  RefreshThrottle throttle_;
  std::string note_;
};

}  // namespace millrace
