// SPDX-License-Identifier: Apache-2.0
//
// millrace watch: live numbers of a run in another process, read from its log.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "command.hpp"
#include "exit_code.hpp"
#include "flag_values.hpp"
#include "live_view.hpp"
#include "log/log_folder.hpp"
#include "log_exit.hpp"
#include "output.hpp"
#include "replay/log_follower.hpp"
#include "replay/log_reading.hpp"
#include "replay/log_replay.hpp"
#include "report/quantity.hpp"
#include "report_options.hpp"
#include "stop_signal.hpp"

namespace millrace {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{20};
// Twice a second: the second look after a writer's death, which settles it, is within one.
constexpr std::chrono::milliseconds kLookAtLock{450};
constexpr double kLivePercentiles[] = {50, 90, 95, 99, 99.9};

struct Options {
  std::string dir, ring_dir, every;
  ReportOptions report;
  LiveViewOptions view;
};

enum class End { closed, orphaned, interrupted };

// What the numbers lack, as it is known so far.
std::string notes_of(const LogFollower& follower) {
  std::string notes;
  const std::pair<std::uint64_t, const char*> losses[] = {{follower.skipped(), "skipped"},
                                                          {follower.missing(), "missing"},
                                                          {follower.unlogged(), "unlogged"},
                                                          {follower.damages(), "damaged"}};
  for (const auto& [count, what] : losses) {
    if (count == 0) continue;
    notes += fmt::format("{}{}={}", notes.empty() ? "" : "  ", what, show_count(count));
  }
  return notes;
}

Result<End> follow(LogFollower& follower, LiveView& view) {
  const auto take = [&] { return follower.snapshot(kLivePercentiles); };
  auto look_at = Clock::now();
  End end = End::interrupted;
  while (!StopSignal::raised()) {
    auto any = follower.advance();
    if (!any) return tl::unexpected(std::move(any).error());
    view.note(notes_of(follower));
    view.show(take);
    if (follower.closed()) {
      end = End::closed;
      break;
    }
    if (*any) continue;
    if (Clock::now() >= look_at) {
      look_at = Clock::now() + kLookAtLock;
      auto orphaned = follower.orphaned();
      if (!orphaned) return tl::unexpected(std::move(orphaned).error());
      if (*orphaned) {
        end = End::orphaned;
        break;
      }
    }
    std::this_thread::sleep_for(kPause);
  }
  view.close(take);
  return end;
}

int write(const Options& options, const Report& report, int code) {
  if (auto written = write_output(options.report.output, options.report.text(report)); !written) {
    complain(written.error().message);
    return kError;
  }
  return code;
}

// The numbers so far, of a run that goes on.
int report_live(const Options& options, const LogFollower& follower) {
  const Summary summary = follower.summary();
  Report report{.summary = summary};
  options.report.apply(report);
  report.given.total_test_time_s = static_cast<double>(summary.elapsed_ns()) / 1e9;
  report.interrupted = true;
  report.live = true;
  return write(options, report, kInterrupted);
}

// Those of a run that is over, read again for its exact percentiles.
int report_final(const Options& options, const RunIdentity& run) {
  const std::string dirs[] = {options.dir};
  LogReplayOptions replay;
  replay.run = hex(run.run);
  replay.ring_dir = options.ring_dir;
  replay.percentiles = options.report.percentiles;
  replay.rule = *rule_from(options.report.rule);
  replay.by_label = options.report.by == "label";
  replay.stop = &StopSignal::flag();
  auto replayed = replay_logs(dirs, replay);
  if (!replayed) return log_failed(dirs, replayed.error());
  Report report{.summary = replayed->summary};
  options.report.apply(report);
  report.given.total_test_time_s = static_cast<double>(replayed->summary.elapsed_ns()) / 1e9;
  report.interrupted = replayed->interrupted;
  report.log = &*replayed;
  if (auto streams = streams_of_logs(dirs, replay.run, options.ring_dir)) {
    for (log::StreamText& stream : *streams) {
      report.logged_goodput[stream.name] = std::move(stream.goodput);
    }
  }
  const int code =
      replayed->interrupted ? kInterrupted : log_exit_code(dirs, replayed->runs, replayed->damages);
  return write(options, report, code);
}

int watch(Options options) {
  const std::string dirs[] = {options.dir};
  if (!options.every.empty()) {
    const auto ns = time_of_flag("--every", options.every);
    if (!ns || *ns < 1'000'000 || *ns >= 1'000'000'000'000'000) {
      complain(fmt::format("--every: '{}' is no interval, such as 1s or 200ms", options.every));
      return kUsage;
    }
    options.view.every = std::chrono::nanoseconds(*ns);
  }
  auto view = LiveView::make(options.view);
  if (!view) {
    complain(view.error().message);
    return kUsage;
  }
  if (auto checked = check_log_folder(options.dir); !checked) {
    return log_failed(dirs, checked.error());
  }
  StopSignal::install();
  auto follower = LogFollower::open(options.dir);
  if (!follower) return log_failed(dirs, follower.error());
  auto end = follow(**follower, *view);
  if (!end) return log_failed(dirs, end.error());
  if (const std::uint64_t skipped = (*follower)->skipped(); skipped != 0) {
    complain(fmt::format("{} record{} skipped: retention removed them before they were read",
                         show_count(skipped), skipped == 1 ? "" : "s"));
  }
  if (*end == End::interrupted) return report_live(options, **follower);
  if (*end == End::orphaned) {
    complain(
        fmt::format("the process that wrote this run{} has died; 'millrace recover {}' writes "
                    "what it left in its rings into the log",
                    fmt::format(" ({})", (*follower)->run().pid), options.dir));
  }
  return report_final(options, (*follower)->run());
}

}  // namespace

void declare_watch(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "watch", "Live numbers of a run in another process, then its exact summary");
  command->add_option("LOG", options->dir, "Folder of the log; its last run is watched")
      ->type_name("DIR")
      ->required();
  command->add_option("--every", options->every,
                      "Between two refreshes, e.g. 1s (500ms; without a terminal 5s)");
  command
      ->add_option("--show", options->view.fields,
                   "Live numbers: LABEL=KEY or LABEL=KEY:inv, keys as in llmeter's stats.json;\n"
                   "several; 'none' switches them off")
      ->allow_extra_args(false);
  options->report.declare_shown(*command);
  command
      ->add_option("--ring-dir", options->ring_dir, "The folder of the rings, if it is another one")
      ->type_name("DIR");
  command->add_flag("-q,--quiet", options->view.quiet, "No live numbers");
  command->callback([options, &action] { action = [options] { return watch(*options); }; });
}

}  // namespace millrace
