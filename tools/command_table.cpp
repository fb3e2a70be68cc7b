// SPDX-License-Identifier: Apache-2.0
#include "command_table.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "millrace/version.hpp"

namespace millrace {
namespace {

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string longest_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name() : "--" + option.get_lnames().front();
}

// In one order, whatever the addresses are.
std::vector<std::string> names_of(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(longest_name(*option));
  std::sort(names.begin(), names.end());
  return names;
}

// CLI11 keeps the value's word and what its checks say in one text: "TEXT:{a,b}", "INT:INT in [1 - 4096]".
void take_type(std::string_view type, Argument& argument) {
  argument.value = type.substr(0, type.find(':'));
  const auto between = [&](std::string_view left, char right) -> std::string_view {
    const std::size_t begin = type.find(left);
    if (begin == std::string_view::npos) return {};
    const std::string_view rest = type.substr(begin + left.size());
    return rest.substr(0, rest.find(right));
  };
  argument.bounds = between(" in [", ']');
  for (std::string_view rest = between("{", '}'); !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    argument.choices.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

Argument argument_of(const CLI::Option& option) {
  Argument argument;
  for (const std::string& name : option.get_snames()) argument.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) argument.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) take_type(option.get_type_name(), argument);
  argument.is_folder = argument.value == "DIR";
  argument.is_file = argument.value == "FILE" || argument.value == "PATH";
  if (option.get_positional()) argument.value = option.get_name(true);
  argument.text = one_line(option.get_description());
  argument.needs = names_of(option.get_needs());
  argument.excludes = names_of(option.get_excludes());
  argument.required = option.get_required();
  argument.several = option.get_items_expected_max() > 1;
  return argument;
}

}  // namespace

std::unique_ptr<CLI::App> command_table(Action& action) {
  auto table =
      std::make_unique<CLI::App>("Exact streaming statistics of load tests and benchmarks.");
  table->name("millrace");
  table->set_version_flag("--version", fmt::format("millrace {}", version()));
  table->require_subcommand(1);
  table->footer(
      "Exit codes: 0 ok, 1 error, 2 usage, 3 partial (lines that could not be read; a log whose\n"
      "run was not closed or that leaves records out), 4 a log with damage or a gap, 5 a log of\n"
      "another format version, 99 a threshold failed, 130 interrupted. With 3, 4, 99 and 130 "
      "the\n"
      "numbers are printed, and what they lack.");
  declare_replay(*table, action);
  declare_watch(*table, action);
  declare_info(*table, action);
  declare_verify(*table, action);
  declare_recover(*table, action);
  declare_export(*table, action);
  declare_demo(*table, action);
  declare_load(*table, action);
  return table;
}

Command command_of(const CLI::App& app) {
  Command command{app.get_name(), one_line(app.get_description()), {}};
  const auto take_group = [&](const CLI::App& from, std::string name, std::string text) {
    ArgumentGroup group{std::move(name), one_line(std::move(text)), {}};
    for (const CLI::Option* option : from.get_options()) {
      if (option == from.get_help_ptr() && &from != &app) continue;  // a group inherits --help
      group.arguments.push_back(argument_of(*option));
    }
    command.groups.push_back(std::move(group));
  };
  take_group(app, "", "");
  // CLI11's groups are commands without a name.
  for (const CLI::App* group :
       app.get_subcommands([](const CLI::App* inner) { return inner->get_name().empty(); })) {
    take_group(*group, group->get_group(), group->get_description());
  }
  return command;
}

std::vector<Command> commands_of(const CLI::App& table) {
  std::vector<Command> commands;
  for (const CLI::App* command : table.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(command_of(*command));
  }
  return commands;
}

}  // namespace millrace
