// SPDX-License-Identifier: Apache-2.0
#include "man_page.hpp"

#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "millrace/version.hpp"

#include "command_table.hpp"

namespace millrace {
namespace {

// What roff reads as itself: a bare - is a hyphen there and not what a person can paste.
std::string plain(std::string_view text) {
  std::string roff;
  if (text.starts_with('.') || text.starts_with('\'')) roff = "\\&";
  for (const char c : text) {
    if (c == '\\') {
      roff += "\\e";
    } else if (c == '-') {
      roff += "\\-";
    } else {
      roff += c;
    }
  }
  return roff;
}

std::string joined(const std::vector<std::string>& words, std::string_view glue) {
  std::string text;
  for (const std::string& word : words) {
    text += fmt::format("{}\\fB{}\\fR", text.empty() ? "" : glue, plain(word));
  }
  return text;
}

std::string sentence(std::string_view text) {
  return plain(text) + (text.ends_with('.') ? "\n" : ".\n");
}

std::string text_of(const Argument& argument) {
  std::string text = ".TP\n";
  if (argument.names.empty()) {
    text += fmt::format("\\fI{}\\fR{}\n", plain(argument.value), argument.several ? "..." : "");
  } else {
    text += joined(argument.names, ", ");
    if (!argument.value.empty()) text += fmt::format(" \\fI{}\\fR", plain(argument.value));
    text += '\n';
  }
  text += sentence(argument.text);
  if (!argument.choices.empty()) text += "One of " + joined(argument.choices, ", ") + ".\n";
  if (!argument.bounds.empty()) text += sentence("Within " + argument.bounds);
  if (!argument.needs.empty()) text += "Needs " + joined(argument.needs, ", ") + ".\n";
  if (!argument.excludes.empty()) text += "Not with " + joined(argument.excludes, ", ") + ".\n";
  return text;
}

std::string options_of(const Command& command) {
  std::string text;
  for (const ArgumentGroup& group : command.groups) {
    if (!group.name.empty()) {
      text += fmt::format(".SS {}\n{}", plain(group.name), sentence(group.text));
    }
    for (const Argument& argument : group.arguments) text += text_of(argument);
  }
  return text;
}

std::string synopsis_of(const std::string& program, const Command& command) {
  std::string text = fmt::format("\\fB{}\\fR [\\fIoptions\\fR]", program);
  for (const ArgumentGroup& group : command.groups) {
    for (const Argument& argument : group.arguments) {
      if (!argument.names.empty()) continue;
      text += fmt::format(" \\fI{}\\fR{}", plain(argument.value), argument.several ? "..." : "");
    }
  }
  return text + "\n";
}

std::string commands_text(const CLI::App& table) {
  std::string text;
  for (const Command& command : commands_of(table)) {
    text += fmt::format(".TP\n\\fBmillrace\\-{}\\fR(1)\n{}", plain(command.name),
                        sentence(command.text));
  }
  return text;
}

}  // namespace

std::string man_page(const CLI::App& table, std::string_view command, std::string_view page) {
  const bool own = command.empty();
  const CLI::App& app = own ? table : *table.get_subcommand(std::string(command));
  const Command about = command_of(app);
  const std::string program = own ? "millrace" : fmt::format("millrace {}", command);
  const auto take_place = [&](std::string_view word) -> std::string {
    if (word == "COMMANDS") return commands_text(table);
    if (word == "SYNOPSIS") return synopsis_of(program, about);
    if (word == "OPTIONS") return options_of(about);
    if (word == "VERSION") return version();
    throw std::runtime_error(
        fmt::format("@{}@ is neither @COMMANDS@, @SYNOPSIS@, @OPTIONS@ nor @VERSION@", word));
  };
  std::string text;
  while (true) {
    const std::size_t begin = page.find('@');
    text += page.substr(0, begin);
    if (begin == page.npos) return text;
    const std::size_t end = page.find('@', begin + 1);
    text += take_place(page.substr(begin + 1, end - begin - 1));
    if (text.ends_with('\n') && page.substr(end + 1).starts_with('\n')) text.pop_back();
    page.remove_prefix(end + 1);
  }
}

}  // namespace millrace
