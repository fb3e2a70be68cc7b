// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_table.hpp"
#include "completion.hpp"

namespace millrace {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// -x: a value that is no file; -F: files after all.
std::string value_of(const Argument& argument) {
  if (argument.value.empty()) return "";
  if (!argument.choices.empty()) {
    return fmt::format(" -x -a {}", in_quotes(fmt::format("{}", fmt::join(argument.choices, " "))));
  }
  if (argument.is_folder) return " -x -a '(__fish_complete_directories)'";
  return argument.is_file ? " -r -F" : " -x";
}

std::string line_of(const std::string& condition, const Argument& argument) {
  std::string line = fmt::format("complete -c millrace -n {}", in_quotes(condition));
  for (const std::string& name : argument.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  line += argument.names.empty() && argument.is_file ? " -F" : value_of(argument);
  return line + fmt::format(" -d {}\n", in_quotes(argument.text));
}

std::string lines_of(const std::string& condition, const Command& command) {
  std::string lines;
  for (const ArgumentGroup& group : command.groups) {
    for (const Argument& argument : group.arguments) lines += line_of(condition, argument);
  }
  return lines;
}

}  // namespace

std::string fish_completion(const CLI::App& table) {
  std::string script =
      "# fish completion for millrace, made of its option table\n"
      "complete -c millrace -f\n";
  script += lines_of("__fish_use_subcommand", command_of(table));
  for (const Command& command : commands_of(table)) {
    script += fmt::format("complete -c millrace -n __fish_use_subcommand -a {} -d {}\n",
                          command.name, in_quotes(command.text));
    script += lines_of("__fish_seen_subcommand_from " + command.name, command);
  }
  return script;
}

}  // namespace millrace
