// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_table.hpp"
#include "completion.hpp"

namespace millrace {
namespace {

constexpr std::string_view kScript = R"(#compdef millrace
# zsh completion for millrace, made of its option table

_millrace() {{
  local state line
  local -A opt_args
  _arguments -C \
{options}    '1:command:->command' \
    '*::argument:->argument' && return
  case $state in
    command)
      local -a commands=(
{commands}      )
      _describe command commands
      ;;
    argument)
      case $line[1] in
{cases}      esac
      ;;
  esac
}}

if [ "$funcstack[1]" = _millrace ]; then
  _millrace "$@"
else
  compdef _millrace millrace
fi
)";

// Within single quotes, where _arguments takes [, ] and : for its own.
std::string in_quotes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string value_of(const Argument& argument) {
  if (argument.value.empty()) return "";
  const std::string action = !argument.choices.empty()
                                 ? fmt::format("({})", fmt::join(argument.choices, " "))
                             : argument.is_folder ? "_files -/"
                             : argument.is_file   ? "_files"
                                                  : " ";  // a value that nobody knows
  return fmt::format(":{}:{}", in_quotes(argument.value), action);
}

std::string spec_of(const Argument& argument) {
  if (argument.names.empty()) {
    return fmt::format("'{}{}'", argument.several ? "*" : "1", value_of(argument));
  }
  const std::string text = fmt::format("[{}]{}'", in_quotes(argument.text), value_of(argument));
  // -o FILE and -oFILE, --output FILE and --output=FILE.
  std::string names;
  for (const std::string& name : argument.names) {
    const char* const joint = argument.value.empty() ? "" : name.starts_with("--") ? "=" : "+";
    names += fmt::format("{}{}{}", names.empty() ? "" : ",", name, joint);
  }
  const std::string before =
      argument.several ? "*" : fmt::format("({})", fmt::join(argument.names, " "));
  return argument.names.size() == 1 ? fmt::format("'{}{}{}", before, names, text)
                                    : fmt::format("'{}'{{{}}}'{}", before, names, text);
}

std::string specs_of(const Command& command, std::string_view indent) {
  std::string specs;
  for (const ArgumentGroup& group : command.groups) {
    for (const Argument& argument : group.arguments) {
      specs += fmt::format("{}{} \\\n", indent, spec_of(argument));
    }
  }
  return specs;
}

}  // namespace

std::string zsh_completion(const CLI::App& table) {
  std::string commands, cases;
  for (const Command& command : commands_of(table)) {
    commands += fmt::format("        '{}:{}'\n", command.name, in_quotes(command.text));
    cases +=
        fmt::format("        {})\n          _arguments \\\n{}            && return\n          ;;\n",
                    command.name, specs_of(command, "            "));
  }
  return fmt::format(kScript, fmt::arg("options", specs_of(command_of(table), "    ")),
                     fmt::arg("commands", commands), fmt::arg("cases", cases));
}

}  // namespace millrace
