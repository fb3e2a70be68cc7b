// SPDX-License-Identifier: Apache-2.0
//
// In the place of load_command.cpp where libcurl was not there at build time.
#include "command.hpp"
#include "exit_code.hpp"
#include "output.hpp"

namespace millrace {

void declare_load(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("load", "Not in this build: it needs libcurl");
  command->prefix_command();  // whatever stands behind it
  command->callback([&action] {
    action = [] {
      complain(
          "load is not in this build: install libcurl4-openssl-dev and build with -Dload=enabled");
      return static_cast<int>(kUsage);
    };
  });
}

}  // namespace millrace
