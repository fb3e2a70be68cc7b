// SPDX-License-Identifier: Apache-2.0
//
// millrace replay: files through the engine, or logs through their statistics, to a report.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "command.hpp"
#include "exit_code.hpp"
#include "flag_values.hpp"
#include "guidellm_output.hpp"
#include "imported.hpp"
#include "ingest/file_replay.hpp"
#include "ingest/timestamp.hpp"
#include "output.hpp"
#include "profile_output.hpp"
#include "progress_line.hpp"
#include "replay/log_replay.hpp"
#include "replay_options.hpp"
#include "report/guidellm_notes.hpp"
#include "report/quantity.hpp"
#include "stop_signal.hpp"

namespace millrace {
namespace {

int usage(const Error& error) {
  complain(error.message);
  return kUsage;
}

int failed(const Error& error) {
  complain(error.message);
  return error.code == Errc::invalid_argument ? kUsage : kError;
}

int replay_files(const ReplayOptions& options) {
  const std::size_t line_bytes_max = options.line_bytes_max.value_or(kLineBytesMax);
  auto given = options.window();
  if (!given) return usage(given.error());
  const bool profiled = !options.profile.empty();
  StopSignal::install();
  auto input = ReplayInput::open(options.inputs, options.input, profiled, options.lazy,
                                 line_bytes_max, &StopSignal::flag());
  if (!input) return failed(input.error());
  if (input->reader == nullptr && !profiled) {
    complain(fmt::format("'{}' holds no responses.jsonl; --profile llmeter shows its stats.json",
                         options.inputs.front()));
    return kError;
  }

  if (auto fitting = input->fits(options.input); !fitting) return usage(fitting.error());
  if (profiled && input->format.name == "guidellm") {
    complain("--profile " + options.profile + " reproduces llmeter; the input is guidellm's");
    return kUsage;
  }

  std::optional<FileReplay> replayed;
  std::vector<Limit> limits;
  std::vector<Check> checks;
  if (input->reader != nullptr) {
    auto parsed = options.report.parse_limits(input->format.schema);
    if (!parsed) return usage(parsed.error());
    limits = std::move(*parsed);
    auto parsed_checks = options.report.parse_checks({&input->format.schema, 1});
    if (!parsed_checks) return usage(parsed_checks.error());
    checks = std::move(*parsed_checks);
    FileReplayOptions replay;
    replay.stream.goodput = limits;
    auto result = read_files(options, *input, std::move(replay));
    if (!result) return failed(result.error());
    replayed = std::move(*result);
  }

  std::vector<std::string> notes;
  if (input->guidellm) {
    if (auto found = input->guidellm->check(); !found) return usage(found.error());
    notes = guidellm_notes(*input->guidellm);
  }
  if (input->run) {
    if (replayed) input->run->recover(replayed->summary["requests"]);
    notes = input->run->notes;
    if (!given->total_test_time_s)
      given->total_test_time_s = number_of(input->run->fields, "total_test_time");
    if (!given->total_requests && !replayed) {
      if (const auto n = number_of(input->run->fields, "total_requests")) {
        given->total_requests = static_cast<std::uint64_t>(*n);
      }
    }
  }

  std::string text;
  int code = kOk;
  if (profiled) {
    const StreamSummary* records =
        replayed && !options.lazy ? &replayed->summary["requests"] : nullptr;
    const bool interrupted = replayed && replayed->interrupted;
    if (interrupted) {
      // As llmeter saves an interrupted run: the test did not take its time.
      given->total_test_time_s.reset();
      if (input->run) input->run->fields["total_test_time"] = nullptr;
    }
    auto stats = profile_stats(options.profile, input->run ? &*input->run : nullptr, records,
                               *given, options.end_time.empty());
    if (interrupted) stats["interrupted"] = true;
    text = profile_text(stats, options.report.format == "json");
    if (interrupted) complain("interrupted: the numbers cover what was read");
    if (!options.save.empty()) {
      if (auto saved = save_run(options.save, options.inputs, input->run ? &*input->run : nullptr,
                                records, stats);
          !saved) {
        return failed(saved.error());
      }
    }
  } else {
    Report report{.summary = replayed->summary};
    options.report.apply(report);
    report.given = *given;
    report.goodput = limits;
    report.input = &*replayed;
    report.format = input->format.name;
    report.paths = options.inputs;
    report.notes = notes;
    report.interrupted = replayed->interrupted;
    options.report.evaluate(checks, report);
    text = options.report.text(report);
    code = verdict_of(report);
  }
  if (replayed) complain_of_losses(*replayed);
  if (auto written = write_output(options.report.output, text); !written)
    return failed(written.error());
  if (replayed && replayed->interrupted) return kInterrupted;
  if (code != kOk) return code;
  return replayed && !replayed->whole() ? kPartial : kOk;
}

// Files whose requests must all be known before anything can be said of them.
int replay_imported(const ReplayOptions& options) {
  if (!options.profile.empty() && !is_generation_profile(options.profile)) {
    complain("--warmup, --cooldown, --from, --to, --every and --log are not for --profile " +
             options.profile + ": llmeter has none of them");
    return kUsage;
  }
  auto imported = Imported::read(options);
  if (!imported) return failed(imported.error());
  ReplayOptions of_log = options;
  of_log.inputs = {imported->dir};
  return replay_log(of_log, &*imported);
}

constexpr const char* kGuidellmFormats[] = {"guidellm-json", "guidellm-yaml", "guidellm-csv",
                                            "guidellm-console"};

Result<void> check_guidellm(const ReplayOptions& options) {
  if (is_generation_profile(options.profile)) return {};
  std::string flag = options.guidellm.given();
  if (options.report.format.starts_with("guidellm-")) flag = "--format " + options.report.format;
  if (flag.empty()) return {};
  return failure(Errc::invalid_argument,
                 flag +
                     " is of a log by guidellm's definitions: give --profile guidellm-0.2.1 or "
                     "guidellm-0.7.3");
}

int replay(const ReplayOptions& options) {
  if (auto checked = check_guidellm(options); !checked) return usage(checked.error());
  if (options.report.format == "html" && !options.profile.empty() &&
      !is_generation_profile(options.profile)) {
    complain("--format html: --profile " + options.profile +
             " is a list of keys; text or json shows it");
    return kUsage;
  }
  const auto logs = std::count_if(options.inputs.begin(), options.inputs.end(), looks_like_log);
  if (logs == 0) {
    for (const std::string& input : options.inputs) {
      std::error_code why;
      if (input != "-" && !std::filesystem::exists(input, why)) {
        complain(fmt::format("cannot open '{}': {}", input,
                             why ? why.message() : "No such file or directory"));
        return kError;
      }
    }
    if (!options.run.empty() || !options.ring_dir.empty()) {
      complain("--run and --ring-dir are for logs, and no input is one");
      return kUsage;
    }
    const bool all_at_once = is_generation_profile(options.profile) || options.phases.given() ||
                             !options.log.empty() || !options.report.every.empty() ||
                             options.report.format == "csv";
    return all_at_once ? replay_imported(options) : replay_files(options);
  }
  if (is_generation_profile(options.profile) &&
      (!options.end_time.empty() || options.total_requests || !options.total_test_time.empty())) {
    complain("--end-time, --total-requests and --total-test-time are not for --profile " +
             options.profile + ": its rates are over the log's own time");
    return kUsage;
  }
  if (static_cast<std::size_t>(logs) != options.inputs.size()) {
    complain("logs cannot be replayed together with other inputs: replay them apart");
    return kUsage;
  }
  if (!options.log.empty()) {
    complain("--log keeps what files hold as a log; the input is one");
    return kUsage;
  }
  return replay_log(options);
}

}  // namespace

Result<GivenWindow> ReplayOptions::window() const {
  GivenWindow given;
  given.total_requests = total_requests;
  if (!end_time.empty()) {
    const auto end = parse_timestamp(end_time, TimeUnit::any);
    if (!end) {
      return failure(Errc::invalid_argument, fmt::format("--end-time: '{}' is no time, such as "
                                                         "2026-01-01T12:00:00Z",
                                                         end_time));
    }
    given.end_time_ns = end->ns;
  }
  if (!total_test_time.empty()) {
    // A bare number is seconds here, as in llmeter's summary.json.
    const bool bare = total_test_time.find_first_not_of("0123456789.eE+-") == std::string::npos;
    const auto time = parse_quantity(total_test_time + (bare ? "s" : ""), Unit::seconds);
    if (!time || *time < 0) {
      return failure(Errc::invalid_argument, fmt::format("--total-test-time: '{}' is no duration, "
                                                         "such as 90s",
                                                         total_test_time));
    }
    given.total_test_time_s = *time;
  }
  return given;
}

void declare_replay(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command = app.add_subcommand(
      "replay",
      "Statistics of results: a millrace log, a llmeter run directory or responses.jsonl,\n"
      "guidellm's benchmarks.json or its requests as JSON lines, any JSONL");
  command
      ->add_option("INPUT", options->inputs,
                   "Folders of logs; or files, run directories, - for stdin; .gz and .zst are\n"
                   "unpacked. Several are read as one, in this order")
      ->type_name("PATH")
      ->required();
  options->report.declare(*command, {std::begin(kGuidellmFormats), std::end(kGuidellmFormats)});
  command->get_option("--output")
      ->description(
          "Write the report to this file instead of stdout; with --profile guidellm-... its "
          "ending,\n"
          ".json, .yaml, .yml or .csv, tells the format, too, and folders are made");
  auto* profile = command
                      ->add_option("--profile", options->profile,
                                   "millrace: requests to language models, over time, too; the "
                                   "others reproduce another\n"
                                   "tool's numbers, with its definitions and its faults")
                      ->check(CLI::IsMember({"millrace", "llmeter", "llmeter-pr56",
                                             "guidellm-0.2.1", "guidellm-0.7.3"}));
  for (const char* own :
       {"--percentiles", "--rule", "--by", "--check", "--goodput", "--allow-small-samples"}) {
    profile->excludes(command->get_option(own));
  }
  command
      ->add_flag("--lazy", options->lazy,
                 "With --profile: what stats.json holds, without reading records")
      ->needs(profile);
  command
      ->add_option(
          "--save", options->save,
          "With --profile: write summary.json, stats.json (and responses.jsonl if absent)\n"
          "into this directory, as llmeter does")
      ->type_name("DIR")
      ->needs(profile);
  command
      ->add_option("--log", options->log,
                   "Keep what the files hold as a log in this folder, which is made")
      ->type_name("DIR")
      ->check(not_empty());
  command->add_option("--end-time", options->end_time,
                      "When the run ended, for rates: ISO-8601 or epoch");
  command->add_option("--total-requests", options->total_requests, "Number of requests, for rates")
      ->check(not_negative());
  command->add_option("--total-test-time", options->total_test_time,
                      "Duration of the test, for rates: 90s");
  auto* files = command->add_option_group("Files", "Of llmeter and guidellm (docs/guidellm.md)");
  auto* input_format = files
                           ->add_option("--input-format", options->input.format,
                                        "What they are; else it is told from their content")
                           ->check(CLI::IsMember({"llmeter", "guidellm"}));
  files
      ->add_option(
          "--benchmark", options->input.benchmark,
          "The one of guidellm's benchmarks.json that is read, from 1; without it all are,\n"
          "and --by label compares them")
      ->check(CLI::PositiveNumber);
  auto* log = command->add_option_group("Logs", "Which runs of a log, and where their rings are");
  log->add_option("--run", options->run, "last (default), all, or the beginning of a run's number");
  log->add_option("--ring-dir", options->ring_dir, "The folder of the rings, if it is another one")
      ->type_name("DIR");
  options->phases.declare(*command);
  options->guidellm.declare(*command);
  auto* map =
      command->add_option_group("Any JSONL", "Where the numbers of a line are (docs/jsonl-map.md)");
  input_format->excludes(
      map->add_option("--map", options->input.map.file, "A TOML file that maps fields")
          ->type_name("FILE"));
  input_format->excludes(
      map->add_option("--metric", options->input.map.metrics, "NAME=/JSON/POINTER[:UNIT]; several")
          ->allow_extra_args(false));
  map->add_option("--start", options->input.map.start, "/JSON/POINTER[:UNIT] of the start");
  map->add_option("--end", options->input.map.end, "/JSON/POINTER[:UNIT] of the end");
  map->add_option("--ok", options->input.map.ok, "Rule, e.g. '/code < 400'");
  map->add_option("--label", options->input.map.labels, "NAME=/JSON/POINTER; several")
      ->allow_extra_args(false);
  map->add_option("--error", options->input.map.error, "/JSON/POINTER of an error text");
  map->add_option("--use-label", options->input.map.by_label,
                  "Which of several labels is meant by --by label");
  command
      ->add_option("--line-max", options->line_bytes_max,
                   "Longest line, in bytes; longer ones are damaged")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::size_t{64}, std::size_t{1} << 30));
  command
      ->add_option("--threads", options->threads, "Threads; 0: one a core. The output is the same")
      ->check(CLI::Range(0, 256));
  command->add_flag("-q,--quiet", options->quiet, "No progress on stderr");
  command->callback([options, &action] { action = [options] { return replay(*options); }; });
}

}  // namespace millrace
