// SPDX-License-Identifier: Apache-2.0
//
// --log and what belongs to it, of commands that push records of their own.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "millrace/options.hpp"

namespace millrace {

class LogOptions {
 public:
  void declare(CLI::App& command);
  /// The defaults but for the log.
  [[nodiscard]] EngineOptions engine_options() const;

 private:
  EngineOptions engine_;
  std::string write_ = "mapped";
};

}  // namespace millrace
