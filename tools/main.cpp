// SPDX-License-Identifier: Apache-2.0
#include <exception>

#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "exit_code.hpp"
#include "output.hpp"

int main(int argc, char** argv) {
  using namespace millrace;
  try {
    CLI::App app{"Exact streaming statistics of load tests and benchmarks."};
    app.name("millrace");
    app.set_version_flag("--version", "millrace " MILLRACE_VERSION);
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 ok, 1 error, 2 usage, 3 partial (lines that could not be read; a log whose\n"
        "run was not closed or that leaves records out), 4 a log with damage or a gap, 5 a log of\n"
        "another format version, 99 a threshold failed, 130 interrupted. With 3, 4, 99 and 130 "
        "the\n"
        "numbers are printed, and what they lack.");
    Action action;
    declare_replay(app, action);
    declare_watch(app, action);
    declare_info(app, action);
    declare_verify(app, action);
    declare_recover(app, action);
    declare_export(app, action);
    declare_demo(app, action);
    declare_load(app, action);
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
