// SPDX-License-Identifier: Apache-2.0
//
// The exit codes of what reads logs: 0 whole, 3 unclean end, 4 damage or gap, 5 another version.
#pragma once

#include <span>
#include <string>

#include "millrace/result.hpp"

#include "report/log_report.hpp"

namespace millrace {

/// Of logs that were read.
int log_exit_code(std::span<const std::string> dirs, std::span<const RunReport> runs,
                  std::span<const log::Damage> damages);

/// Says why a log cannot be read at all, and gives the code.
int log_failed(std::span<const std::string> dirs, const Error& error);

/// An error when `path` is a file: a segment, or something that is no log.
Result<void> check_log_folder(const std::string& path);

}  // namespace millrace
