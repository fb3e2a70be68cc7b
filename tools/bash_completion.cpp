// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_table.hpp"
#include "completion.hpp"

namespace millrace {
namespace {

// bash 4 and later; bash-completion need not be there.
constexpr std::string_view kScript = R"(# bash completion for millrace, made of its option table
_millrace() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  # --option=value comes in three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $before == = ]]; then
    before=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  local words= files=
  if ((COMP_CWORD == 1)); then
    words='{commands} {options}'
  else
    case ${{COMP_WORDS[1]}}:$before in
{cases}    esac
    # Else it is no value.
    if [[ -z $words$files ]]; then
      case ${{COMP_WORDS[1]}}:$current in
{others}      esac
    fi
  fi
  COMPREPLY=()
  if [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  elif [[ $files == -* ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$files" -- "$current")
  fi
}}
complete -F _millrace millrace
)";

// What compgen is asked for: -f files, -d folders; "none": a value that nobody knows.
std::string_view files_of(const Argument& argument) {
  return argument.is_folder ? "-d" : argument.is_file ? "-f" : "none";
}

std::vector<std::string> names_in(const Command& command) {
  std::vector<std::string> names;
  for (const ArgumentGroup& group : command.groups) {
    for (const Argument& argument : group.arguments) {
      names.insert(names.end(), argument.names.begin(), argument.names.end());
    }
  }
  return names;
}

std::string cases_of(const Command& command) {
  std::string cases;
  for (const ArgumentGroup& group : command.groups) {
    for (const Argument& argument : group.arguments) {
      if (argument.names.empty() || argument.value.empty()) continue;
      std::string pattern;
      for (const std::string& name : argument.names) {
        pattern += fmt::format("{}{}:{}", pattern.empty() ? "" : " | ", command.name, name);
      }
      const bool closed = !argument.choices.empty();
      cases += closed ? fmt::format("      {}) words='{}' ;;\n", pattern,
                                    fmt::join(argument.choices, " "))
                      : fmt::format("      {}) files={} ;;\n", pattern, files_of(argument));
    }
  }
  return cases;
}

// Names after a -, what stands without a name elsewhere.
std::string others_of(const Command& command) {
  std::string others = fmt::format("        {}:-?*) words='{}' ;;\n", command.name,
                                   fmt::join(names_in(command), " "));
  for (const ArgumentGroup& group : command.groups) {
    for (const Argument& argument : group.arguments) {
      if (!argument.names.empty()) continue;
      others += fmt::format("        {}:*) files={} ;;\n", command.name, files_of(argument));
      return others;
    }
  }
  return others + fmt::format("        {}:*) words='{}' ;;\n", command.name,
                              fmt::join(names_in(command), " "));
}

}  // namespace

std::string bash_completion(const CLI::App& table) {
  std::string commands, cases, others;
  for (const Command& command : commands_of(table)) {
    commands += (commands.empty() ? "" : " ") + command.name;
    cases += cases_of(command);
    others += others_of(command);
  }
  return fmt::format(kScript, fmt::arg("commands", commands),
                     fmt::arg("options", fmt::join(names_in(command_of(table)), " ")),
                     fmt::arg("cases", cases), fmt::arg("others", others));
}

}  // namespace millrace
