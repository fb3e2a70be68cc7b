// SPDX-License-Identifier: Apache-2.0
//
// millrace replay LOG: a log through the same statistics, to the report of the run that wrote it.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "exit_code.hpp"
#include "guidellm_output.hpp"
#include "imported.hpp"
#include "log_exit.hpp"
#include "output.hpp"
#include "profile_output.hpp"
#include "progress_line.hpp"
#include "replay/log_reading.hpp"
#include "replay/log_replay.hpp"
#include "replay/series_replay.hpp"
#include "replay_options.hpp"
#include "report/html_report.hpp"
#include "report/llmeter_stats.hpp"
#include "report/log_export.hpp"
#include "report/quantity.hpp"
#include "stop_signal.hpp"

namespace millrace {
namespace {

Result<void> check_flags(const ReplayOptions& options) {
  const std::pair<bool, const char*> none_of_these[] = {
      {options.input.map.given(), "--map, --metric and the other flags of JSONL"},
      {!options.input.format.empty(), "--input-format"},
      {options.input.benchmark != 0, "--benchmark"},
      {options.lazy, "--lazy"},
      {!options.save.empty(), "--save"},
      {options.line_bytes_max.has_value(), "--line-max"}};
  for (const auto& [given, flag] : none_of_these) {
    if (given) {
      return failure(Errc::invalid_argument,
                     fmt::format("{} cannot be used with a log: it knows its fields", flag));
    }
  }
  for (const std::string& dir : options.inputs) {
    if (auto checked = check_log_folder(dir); !checked) return checked;
  }
  for (std::size_t i = 0; i < options.inputs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      std::error_code ignored;
      if (std::filesystem::equivalent(options.inputs[i], options.inputs[j], ignored)) {
        return failure(
            Errc::invalid_argument,
            fmt::format("'{}' is given twice: its records would count twice", options.inputs[i]));
      }
    }
  }
  return {};
}

// What the flags mean for the log's first stream.
struct Wishes {
  std::vector<Check> checks;
  std::optional<std::vector<Limit>> goodput;
};

Result<Wishes> wishes_of(const ReplayOptions& options,
                         const std::vector<log::StreamText>& streams) {
  Wishes wishes;
  if (options.report.checks.empty() && !options.report.goodput) return wishes;
  if (streams.empty()) {
    return failure(Errc::invalid_argument, "--check, --goodput: the log has no stream yet");
  }
  const log::StreamText& first = streams.front();
  // A log's own limits are as good as given ones.
  ReportOptions report = options.report;
  if (!report.goodput && !first.goodput.empty()) report.goodput.emplace();
  std::vector<Schema> schemas;
  for (const log::StreamText& stream : streams) schemas.push_back(stream.schema);
  auto checks = report.parse_checks(schemas);
  if (!checks) return tl::unexpected(std::move(checks).error());
  wishes.checks = std::move(*checks);
  if (options.report.goodput) {
    auto limits = options.report.parse_limits(first.schema);
    if (!limits) return tl::unexpected(std::move(limits).error());
    wishes.goodput = std::move(*limits);
  }
  return wishes;
}

Result<std::string> profile_report(const ReplayOptions& options, const LogReplay& replayed,
                                   const GivenWindow& given) {
  const auto& streams = replayed.summary.streams();
  const auto stream = std::find_if(streams.begin(), streams.end(), [](const StreamSummary& s) {
    return has_llmeter_metrics(s.schema());
  });
  if (stream == streams.end()) {
    return failure(Errc::invalid_argument,
                   "--profile: no stream of the log has llmeter's metrics, such as "
                   "time_to_first_token");
  }
  auto stats = profile_stats(options.profile, nullptr, &*stream, given, false);
  if (replayed.interrupted) stats["interrupted"] = true;
  return profile_text(stats, options.report.format == "json");
}

LogReplayOptions replay_options(const ReplayOptions& options, const Wishes& wishes) {
  LogReplayOptions replay;
  if (!options.run.empty()) replay.run = options.run;
  replay.ring_dir = options.ring_dir;
  replay.threads = options.threads;
  replay.goodput = wishes.goodput;
  replay.stop = &StopSignal::flag();
  if (options.profile.empty()) {
    replay.percentiles = options.report.wanted_percentiles(wishes.checks);
    replay.rule = *rule_from(options.report.rule);
    replay.by_label = options.report.by == "label";
  } else {
    replay.percentiles.assign(kLlmeterPercentiles.begin(), kLlmeterPercentiles.end());
    replay.rule = Rule::exclusive;
  }
  return replay;
}

}  // namespace

int replay_log(const ReplayOptions& options, const Imported* imported) {
  const auto usage = [](const Error& error) {
    complain(error.message);
    return kUsage;
  };
  auto given = options.window();
  if (!given) return usage(given.error());
  if (imported == nullptr) {
    if (auto checked = check_flags(options); !checked) return usage(checked.error());
  }

  StopSignal::install();
  const std::string run = options.run.empty() ? "last" : options.run;
  auto streams = streams_of_logs(options.inputs, run, options.ring_dir);
  if (!streams) return log_failed(options.inputs, streams.error());
  auto wishes = wishes_of(options, *streams);
  if (!wishes) return usage(wishes.error());

  ProgressLine progress(options.quiet);
  LogReplayOptions replay = replay_options(options, *wishes);
  std::optional<GuidellmOutput> guidellm;
  if (is_generation_profile(options.profile)) {
    auto opened =
        GuidellmOutput::open(options.profile, options.report.format, options.report.output,
                             options.guidellm, options.phases, replay);
    if (!opened) return usage(opened.error());
    guidellm = std::move(*opened);
  } else {
    auto phases = options.phases.parse();
    if (!phases) return usage(phases.error());
    replay.phases = *phases;
  }
  auto every = options.report.interval();
  if (!every) return usage(every.error());
  std::optional<SeriesReplay> series;
  if (*every) {
    if (!options.profile.empty()) {
      return usage({Errc::invalid_argument, "--every is of our own numbers: without --profile"});
    }
    series.emplace(SeriesOptions{.every_ns = **every,
                                 .percentiles = options.report.percentiles,
                                 .rule = *rule_from(options.report.rule)});
    replay.visitors.push_back(&*series);
  }
  replay.progress = [&](std::uint64_t bytes, std::uint64_t records) {
    progress.show(fmt::format("read {}, {} records", show(static_cast<double>(bytes), Unit::bytes),
                              show_count(records)));
  };
  auto replayed = replay_logs(options.inputs, replay);
  progress.close();
  if (!replayed) return log_failed(options.inputs, replayed.error());

  std::string text;
  int code = kOk;
  if (guidellm) {
    if (auto written = guidellm->write(*replayed, options.quiet); !written) {
      complain(written.error().message);
      return written.error().code == Errc::not_found ? kUsage : kError;
    }
    if (replayed->interrupted) complain("interrupted: the numbers cover what was read");
  } else if (!options.profile.empty()) {
    auto profiled = profile_report(options, *replayed, *given);
    if (!profiled) return usage(profiled.error());
    text = std::move(*profiled);
    if (replayed->interrupted) complain("interrupted: the numbers cover what was read");
  } else {
    Report report{.summary = replayed->summary};
    options.report.apply(report);
    report.given = *given;
    // As the run itself reports it: from open to finish.
    if (imported != nullptr && !report.given.total_test_time_s) {
      report.given.total_test_time_s = imported->total_test_time_s;
    }
    if (imported == nullptr && !given->total_test_time_s && !given->end_time_ns) {
      report.given.total_test_time_s = static_cast<double>(replayed->summary.elapsed_ns()) / 1e9;
    }
    report.goodput = wishes->goodput.value_or(std::vector<Limit>{});
    for (const log::StreamText& stream : *streams) {
      report.logged_goodput[stream.name] = stream.goodput;
    }
    if (series && !replayed->interrupted) {
      auto rows = series->series();
      if (!rows) return usage(rows.error());
      report.series = std::move(*rows);
    }
    report.interrupted = replayed->interrupted;
    if (imported == nullptr || !imported->scratch) report.log = &*replayed;
    if (imported != nullptr) {
      report.input = &imported->files;
      report.format = imported->format;
      report.paths = imported->paths;
      report.notes = imported->notes;
      report.interrupted = report.interrupted || imported->files.interrupted;
    }
    if (!replayed->summary.streams().empty()) options.report.evaluate(wishes->checks, report);
    text = options.report.text(report);
    code = verdict_of(report);
  }
  if (guidellm) {  // is written
  } else if (auto written = write_output(options.report.output, text); !written) {
    complain(written.error().message);
    return kError;
  }
  if (imported != nullptr) {
    complain_of_losses(imported->files);
    if (replayed->interrupted || imported->files.interrupted) return kInterrupted;
    if (code != kOk) return code;
    return imported->files.whole() ? kOk : kPartial;
  }
  const std::string damages = damage_lines(replayed->runs, replayed->damages);
  if (!options.profile.empty() && !damages.empty()) fmt::print(stderr, "{}", damages);
  if (replayed->interrupted) return kInterrupted;
  if (code != kOk) return code;
  return log_exit_code(options.inputs, replayed->runs, replayed->damages);
}

}  // namespace millrace
