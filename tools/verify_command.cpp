// SPDX-License-Identifier: Apache-2.0
//
// millrace verify: reads all of a log, and says what is wrong with it. Writes nothing.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "command.hpp"
#include "exit_code.hpp"
#include "log_exit.hpp"
#include "output.hpp"
#include "progress_line.hpp"
#include "replay/log_reading.hpp"
#include "report/quantity.hpp"
#include "stop_signal.hpp"

namespace millrace {
namespace {

struct Options {
  std::vector<std::string> dirs;
  std::string run = "all", ring_dir;
  bool quiet = false;
};

int verify(const Options& options) {
  for (const std::string& dir : options.dirs) {
    if (auto checked = check_log_folder(dir); !checked) {
      return log_failed(options.dirs, checked.error());
    }
  }
  StopSignal::install();
  ProgressLine progress(options.quiet);
  const LogReadingOptions reading{
      .run = options.run,
      .ring_dir = options.ring_dir,
      .stop = &StopSignal::flag(),
      .progress = [&](std::uint64_t bytes, std::uint64_t records) {
        progress.show(fmt::format("read {}, {} records",
                                  show(static_cast<double>(bytes), Unit::bytes),
                                  show_count(records)));
      }};
  auto read = read_logs(options.dirs, reading, [](const LoggedSlice&) { return Result<void>(); });
  progress.close();
  if (!read) return log_failed(options.dirs, read.error());

  std::string text = damage_lines(read->runs, read->damages);
  if (!read->interrupted) text += run_lines(read->runs);
  const int code = log_exit_code(options.dirs, read->runs, read->damages);
  text += fmt::format("{} record{}, {}\n", show_count(read->records), read->records == 1 ? "" : "s",
                      read->interrupted ? "interrupted before the end"
                      : code == kOk     ? "whole"
                                        : "not whole");
  if (auto written = write_output("-", text); !written) {
    complain(written.error().message);
    return kError;
  }
  return read->interrupted ? kInterrupted : code;
}

}  // namespace

void declare_verify(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "verify", "Reads all of a log: every damage and loss, and whether it is whole");
  command->add_option("LOG", options->dirs, "Folders of logs")->type_name("DIR")->required();
  command->add_option("--run", options->run,
                      "all (default), last, or the beginning of a run's number");
  command
      ->add_option("--ring-dir", options->ring_dir, "The folder of the rings, if it is another one")
      ->type_name("DIR");
  command->add_flag("-q,--quiet", options->quiet, "No progress on stderr");
  command->callback([options, &action] { action = [options] { return verify(*options); }; });
}

}  // namespace millrace
