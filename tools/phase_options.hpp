// SPDX-License-Identifier: Apache-2.0
//
// --warmup, --cooldown and what belongs to them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "millrace/options.hpp"
#include "millrace/result.hpp"

#include "replay/log_window.hpp"

namespace millrace {

struct PhaseFlags {
  std::string warmup, cooldown, from, to, max_time;
  std::optional<std::uint64_t> max_requests;

  void declare(CLI::App& app);
  /// Of a run that is to come: without a window.
  void declare_live(CLI::App& app);
  [[nodiscard]] bool given() const noexcept {
    return !(warmup.empty() && cooldown.empty() && from.empty() && to.empty());
  }
  [[nodiscard]] Result<LogPhases> parse() const;
  /// Of a run that is to come, of so many requests or so long; 0: not known.
  [[nodiscard]] Result<Phases> parse_live(std::uint64_t requests,
                                          std::chrono::nanoseconds duration) const;
};

}  // namespace millrace
