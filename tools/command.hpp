// SPDX-License-Identifier: Apache-2.0
//
// A subcommand: declares its flags, and returns what to run once they are parsed.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace millrace {

/// The function returns the exit code.
using Action = std::function<int()>;

void declare_replay(CLI::App& app, Action& action);
void declare_watch(CLI::App& app, Action& action);
void declare_info(CLI::App& app, Action& action);
void declare_verify(CLI::App& app, Action& action);
void declare_recover(CLI::App& app, Action& action);
void declare_export(CLI::App& app, Action& action);
void declare_demo(CLI::App& app, Action& action);
void declare_load(CLI::App& app, Action& action);

}  // namespace millrace
