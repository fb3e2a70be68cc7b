// SPDX-License-Identifier: Apache-2.0
//
// The flags that say what a report shows; replay and demo have them in common.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "millrace/options.hpp"
#include "millrace/result.hpp"

#include "report/check.hpp"
#include "report/report.hpp"

namespace millrace {

struct ReportOptions {
  std::vector<double> percentiles = {50, 90, 95, 99, 99.9};
  std::string rule = "nearest-rank";
  std::string by;
  std::string format;  // "": text
  std::string output;
  std::string every;
  std::vector<std::string> checks;
  std::optional<std::string> goodput;
  bool allow_small_samples = false;

  /// `further`: formats beside text and JSON.
  void declare(CLI::App& app, const std::vector<std::string>& further = {});
  /// Those that need no schema: what is shown, and where.
  void declare_shown(CLI::App& app, const std::vector<std::string>& further = {});

  /// Before anything is read: the checks' and the goodput's words. Errors are usage errors. A check is
  /// of the first stream that has its metric; without one, of the first.
  [[nodiscard]] Result<std::vector<Check>> parse_checks(std::span<const Schema> streams) const;
  [[nodiscard]] Result<std::vector<Limit>> parse_limits(const Schema& schema) const;

  /// --every, in ns; nullopt: not wanted.
  [[nodiscard]] Result<std::optional<std::int64_t>> interval() const;

  /// --percentiles and what the checks ask for: to be made exact together.
  [[nodiscard]] std::vector<double> wanted_percentiles(const std::vector<Check>& checks) const;

  /// Fills in what the flags say.
  void apply(Report& report) const;
  /// Evaluates each check on its stream.
  void evaluate(const std::vector<Check>& checks, Report& report) const;
  [[nodiscard]] std::string text(const Report& report) const;
};

/// kOk, or kThresholdFailed when one of the checks did not pass.
int verdict_of(const Report& report);

}  // namespace millrace
