// SPDX-License-Identifier: Apache-2.0
//
// LiveView: live numbers of a running engine on stderr: on a terminal a block that overwrites itself,
// elsewhere a plain line every few seconds.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "millrace/engine.hpp"
#include "millrace/result.hpp"

#include "report/llmeter_display.hpp"

namespace millrace {

class LiveView {
 public:
  /// `fields`: see parse_display_fields(); empty: the default ones.
  static Result<LiveView> make(const std::vector<std::string>& fields, bool quiet);

  /// Refreshes if it is time.
  void show(const Engine& engine);
  /// On a terminal a last refresh, then the block is erased.
  void close(const Engine& engine);

 private:
  LiveView(std::vector<DisplayField> fields, bool off);
  void refresh(const Engine& engine);

  bool off_;
  bool terminal_;
  std::vector<DisplayField> fields_;
  LlmeterDisplay display_;
  RefreshThrottle throttle_;
};

}  // namespace millrace
