// SPDX-License-Identifier: Apache-2.0
//
// millrace info: what is in a log's folder. Quick: it reads headers and each run's last segment.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "command.hpp"
#include "exit_code.hpp"
#include "log_exit.hpp"
#include "output.hpp"
#include "replay/log_info.hpp"
#include "report/log_info_report.hpp"

namespace millrace {
namespace {

struct Options {
  std::string dir, ring_dir, output;
  std::string format = "text";
};

int info(const Options& options) {
  const std::string dirs[] = {options.dir};
  if (auto checked = check_log_folder(options.dir); !checked) {
    return log_failed(dirs, checked.error());
  }
  auto info = log_info(options.dir, options.ring_dir);
  if (!info) return log_failed(dirs, info.error());
  const std::string text =
      options.format == "json"
          ? log_info_json(*info).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
                "\n"
          : log_info_text(*info);
  if (auto written = write_output(options.output, text); !written) {
    complain(written.error().message);
    return kError;
  }
  return log_exit_code(dirs, {}, info->damages);
}

}  // namespace

void declare_info(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("info", "The runs of a log: their state, streams, segments and sizes");
  command->add_option("LOG", options->dir, "Folder of the log")->type_name("DIR")->required();
  command
      ->add_option("--ring-dir", options->ring_dir, "The folder of the rings, if it is another one")
      ->type_name("DIR");
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("-o,--output", options->output, "Write to this file instead of stdout")
      ->type_name("FILE");
  command->callback([options, &action] { action = [options] { return info(*options); }; });
}

}  // namespace millrace
