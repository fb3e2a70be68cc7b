// SPDX-License-Identifier: Apache-2.0
//
// Prints what is made of the option table, at build time:
//
//   print_table man docs/man/millrace-replay.1.in    the page
//   print_table bash|zsh|fish                        the completion
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <fmt/core.h>

#include "command_table.hpp"
#include "completion.hpp"
#include "man_page.hpp"
#include "output.hpp"

namespace millrace {
namespace {

// millrace-replay.1.in is about replay, millrace.1.in about the program.
std::string page_from(const CLI::App& table, const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream page;
  page << file.rdbuf();
  if (!file) throw std::runtime_error(fmt::format("'{}' cannot be read", path.string()));
  const std::string name = path.stem().stem();
  const std::string prefix = "millrace-";
  return man_page(table, name.starts_with(prefix) ? name.substr(prefix.size()) : "", page.str());
}

std::string print(int argc, char** argv) {
  Action action;
  const auto table = command_table(action);
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "man" && argc == 3) return page_from(*table, argv[2]);
  if (what == "bash" && argc == 2) return bash_completion(*table);
  if (what == "zsh" && argc == 2) return zsh_completion(*table);
  if (what == "fish" && argc == 2) return fish_completion(*table);
  throw std::runtime_error("usage: print_table man PAGE | bash | zsh | fish");
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  try {
    fmt::print("{}", millrace::print(argc, argv));
    return 0;
  } catch (const std::exception& e) {
    millrace::complain(e.what());
    return 1;
  }
}
