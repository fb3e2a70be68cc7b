// SPDX-License-Identifier: Apache-2.0
#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

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
        "Exit codes: 0 ok, 1 error, 2 usage, 3 damaged or partial input (numbers given, loss\n"
        "printed), 99 a threshold failed, 130 interrupted (a full report is printed first).");
    Action action;
    declare_replay(app, action);
    declare_demo(app, action);
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
