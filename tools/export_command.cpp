// SPDX-License-Identifier: Apache-2.0
//
// millrace export: the records of a log as JSON lines, CSV or llmeter's responses.jsonl.
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
#include "report/log_export.hpp"
#include "report/quantity.hpp"
#include "stop_signal.hpp"

namespace millrace {
namespace {

struct Options {
  std::vector<std::string> dirs;
  std::string format, stream, output;
  std::string run = "last", ring_dir;
  bool quiet = false;
};

int export_log(const Options& options) {
  const auto failed = [&](const Error& error) { return log_failed(options.dirs, error); };
  for (const std::string& dir : options.dirs) {
    if (auto checked = check_log_folder(dir); !checked) return failed(checked.error());
  }
  StopSignal::install();
  auto streams = streams_of_logs(options.dirs, options.run, options.ring_dir);
  if (!streams) return failed(streams.error());
  // The words are checked before the file is made.
  const auto nowhere = [](std::string_view) { return Result<void>(); };
  auto words = make_export(options.format, *streams, options.stream, nowhere);
  if (!words) return failed(words.error());
  auto output = Output::open(options.output);
  if (!output) return failed(output.error());
  auto format = make_export(options.format, *streams, options.stream,
                            [&](std::string_view text) { return output->write(text); });
  if (!format) return failed(format.error());

  ProgressLine progress(options.quiet);
  const LogReadingOptions reading{.run = options.run,
                                  .ring_dir = options.ring_dir,
                                  .stop = &StopSignal::flag(),
                                  .progress = [&](std::uint64_t, std::uint64_t records) {
                                    progress.show(fmt::format("{} records", show_count(records)));
                                  }};
  auto read = read_logs(options.dirs, reading,
                        [&](const LoggedSlice& slice) { return (*format)->add(slice); });
  progress.close();
  if (!read) return failed(read.error());
  if (read->interrupted) {
    complain("interrupted: not all records were exported");
    return kInterrupted;
  }
  if (auto closed = output->close(); !closed) return failed(closed.error());
  const int code = log_exit_code(options.dirs, read->runs, read->damages);
  if (code != kOk) {
    fmt::print(stderr, "{}{}", damage_lines(read->runs, read->damages), run_lines(read->runs));
  }
  return code;
}

}  // namespace

void declare_export(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("export", "Every record of a log in another format (docs/export.md)");
  command->add_option("LOG", options->dirs, "Folders of logs")->type_name("DIR")->required();
  command->add_option("--format", options->format, "jsonl, csv or llmeter")
      ->required()
      ->check(CLI::IsMember({"jsonl", "csv", "llmeter"}));
  command->add_option("--stream", options->stream, "Only the records of this stream");
  command->add_option("-o,--output", options->output, "Write to this file instead of stdout")
      ->type_name("FILE");
  command->add_option("--run", options->run,
                      "last (default), all, or the beginning of a run's number");
  command
      ->add_option("--ring-dir", options->ring_dir, "The folder of the rings, if it is another one")
      ->type_name("DIR");
  command->add_flag("-q,--quiet", options->quiet, "No progress on stderr");
  command->callback([options, &action] { action = [options] { return export_log(*options); }; });
}

}  // namespace millrace
