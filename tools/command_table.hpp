// SPDX-License-Identifier: Apache-2.0
//
// The table of commands and options, which the program parses, and of which its man pages and shell completions are
// made. Command is that table as those who print it want it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "command.hpp"

namespace millrace {

/// `action`: where a parsed command leaves what to run; it lives as long as the table.
std::unique_ptr<CLI::App> command_table(Action& action);

/// An option, a flag or what stands without a name, such as LOG.
struct Argument {
  std::vector<std::string> names;    // "-o", "--output"; none: it stands without
  std::string value;                 // "FILE", "DIR", "TEXT", "LOG"; empty: a flag
  std::vector<std::string> choices;  // empty: any value
  std::string bounds;                // "1 - 4096"; empty: none
  std::string text;                  // one line
  std::vector<std::string> needs, excludes;
  bool is_file = false, is_folder = false;  // a completion offers these
  bool required = false;
  bool several = false;
};

struct ArgumentGroup {
  std::string name, text;  // both empty: those of no group, which come first
  std::vector<Argument> arguments;
};

struct Command {
  std::string name, text;
  std::vector<ArgumentGroup> groups;
};

Command command_of(const CLI::App& app);
/// In the order in which they were declared.
std::vector<Command> commands_of(const CLI::App& table);

}  // namespace millrace
