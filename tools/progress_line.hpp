// SPDX-License-Identifier: Apache-2.0
//
// ProgressLine: one line on stderr that overwrites itself on a terminal; elsewhere a plain line now
// and then. Silent with --quiet or LLMETER_DISABLE_ALL_PROGRESS_BARS.
#pragma once

#include <chrono>
#include <string_view>

namespace millrace {

/// Whether stderr is a terminal that can move its cursor.
bool stderr_is_terminal();
/// Whether the environment switches progress off.
bool progress_is_off();

class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine() { close(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(std::string_view text);
  void close();

 private:
  static constexpr std::chrono::seconds kPlainEvery{10};
  const bool off_;
  const bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_plain_;
};

}  // namespace millrace
