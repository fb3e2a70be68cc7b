// SPDX-License-Identifier: Apache-2.0
#include <exception>

#include <fmt/core.h>

#include "command_table.hpp"
#include "exit_code.hpp"
#include "output.hpp"

int main(int argc, char** argv) {
  using namespace millrace;
  try {
    Action action;
    const auto table = command_table(action);
    CLI::App& app = *table;
    if (argc < 2) {
      fmt::print(stderr, "{}", app.help());
      return kUsage;
    }
    const auto is_named = [&](const CLI::App* command) { return command->check_name(argv[1]); };
    if (argv[1][0] != '-' && app.get_subcommands(is_named).empty()) {
      complain(fmt::format("unknown command '{}'", argv[1]));
      fmt::print(stderr, "Try: millrace --help\n");
      return kUsage;
    }
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      if (e.get_exit_code() == 0) return app.exit(e);  // --help, --version
      complain(e.what());
      fmt::print(stderr, "Try: millrace {}--help\n",
                 app.get_subcommands().empty() ? "" : app.get_subcommands()[0]->get_name() + " ");
      return kUsage;
    }
    return action();
  } catch (const std::exception& e) {
    millrace::complain(e.what());
    return kError;
  }
}
