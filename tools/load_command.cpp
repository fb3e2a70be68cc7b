// SPDX-License-Identifier: Apache-2.0
//
// millrace load: HTTP load on a server, live numbers, and the exact summary. What sends is in load/, and
// uses the public headers only; this file is its command line.
#include <chrono>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <sys/resource.h>

#include "command.hpp"
#include "exit_code.hpp"
#include "live_view.hpp"
#include "load/load_account.hpp"
#include "load/load_run.hpp"
#include "load_options.hpp"
#include "log_options.hpp"
#include "output.hpp"
#include "phase_options.hpp"
#include "report_options.hpp"
#include "stop_signal.hpp"

namespace millrace {
namespace {

struct Options {
  LoadOptions load;
  ReportOptions report;
  LiveViewOptions view;
  PhaseFlags phases;
  LogOptions log;
};

// What the flags mean, before anything is opened.
struct Parsed {
  load::LoadPlan plan;
  StreamOptions stream;
  std::vector<Limit> limits;
  std::vector<Check> checks;
  LiveViewOptions view;
};

Result<Parsed> parse(const Options& options) {
  auto plan = options.load.plan();
  if (!plan) return tl::unexpected(plan.error());
  std::vector<Schema> schemas = {RecordTraits<RequestRecord>::schema().value()};
  if (plan->prompts) {
    schemas = {RecordTraits<GenerationRecord>::schema().value(), token_gap_schema().value()};
  }
  auto limits = options.report.parse_limits(schemas.front());
  if (!limits) return tl::unexpected(limits.error());
  auto checks = options.report.parse_checks(schemas);
  if (!checks) return tl::unexpected(checks.error());
  const std::chrono::nanoseconds duration(plan->arrivals.duration_ns);
  auto phases = options.phases.parse_live(plan->arrivals.requests, duration);
  if (!phases) return tl::unexpected(phases.error());
  auto every = options.report.interval();
  if (!every) return tl::unexpected(every.error());
  LiveViewOptions view = options.view;
  if (plan->arrivals.requests != 0) view.max_requests = plan->arrivals.requests;
  if (duration.count() != 0) view.max_seconds = std::chrono::duration<double>(duration).count();
  const StreamOptions stream{
      .goodput = *limits, .phases = *phases, .every = std::chrono::nanoseconds(every->value_or(0))};
  return Parsed{std::move(*plan), stream, std::move(*limits), std::move(*checks), view};
}

// A connection is a file; 1,024 is the usual soft limit, which the hard one lets us raise.
void raise_file_limit() {
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

int failed(const Error& error) {
  complain(error.message);
  return error.code == Errc::invalid_argument ? kUsage : kError;
}

// Until the load is over. The first signal ends the sending, the second the waiting, too.
void watch(load::LoadRun& run, LiveView& view, const Engine& engine) {
  unsigned signals = 0;
  while (run.running()) {
    view.show([&] { return engine.snapshot(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const unsigned now = StopSignal::count();
    if (now == signals) continue;
    if (signals == 0) {
      run.stop();
      constexpr const char* kWaiting =
          "waiting for what is under way; once more Ctrl-C abandons it";
      view.is_on_terminal() ? view.note(kWaiting) : complain(kWaiting);
    }
    if (now > 1) run.abandon();
    signals = now;
  }
  view.close([&] { return engine.snapshot(); });
}

int verdict(const Report& report, const load::LoadTally& tally) {
  if (report.interrupted) return kInterrupted;
  if (tally.work.sent != 0 && tally.results.answered == 0) return kError;  // there is no server
  const int checked = verdict_of(report);
  if (checked != kOk) return checked;
  return report.summary.accounting().rejected() != 0 ? kPartial : kOk;
}

int run_load(const Options& options) {
  auto parsed = parse(options);
  if (!parsed) return failed(parsed.error());
  auto view = LiveView::make(parsed->view);
  if (!view) return failed(view.error());

  auto output = Output::open(options.report.output);
  if (!output) return failed(output.error());

  StopSignal::install(2);
  raise_file_limit();
  EngineOptions engine_options = options.log.engine_options();
  engine_options.workers_max = load::LoadRun::engine_workers(parsed->plan);
  // Fewest wake-ups: at the rates of HTTP a ring takes some 100 ms to fill, and the CPU is the load's.
  engine_options.idle = Idle::sleep;
  engine_options.percentiles = options.report.wanted_percentiles(parsed->checks);
  auto engine = Engine::open(engine_options);
  if (!engine) return failed(engine.error());
  if (!engine->notice().empty()) complain(engine->notice());
  auto run = load::LoadRun::open(*engine, parsed->plan, parsed->stream);
  if (!run) return failed(run.error());

  const load::CpuUse before = load::cpu_use();
  (*run)->start();
  watch(**run, *view, *engine);
  const unsigned signals = StopSignal::count();
  const load::LoadTally tally = (*run)->finish([signals] { return StopSignal::count() > signals; });
  (void)engine->flush();  // so that the engine's share is of all records
  const load::LoadAccount account{parsed->plan, tally, before, load::cpu_use()};
  auto summary = engine->finish();
  if (!summary) return failed(summary.error());

  for (const std::string& line : load::lines_of(account)) complain(line);
  Report report{.summary = *summary};
  options.report.apply(report);
  report.goodput = parsed->limits;
  if (parsed->stream.every.count() != 0) {
    report.series.emplace("requests", (*summary)["requests"].series());
  }
  report.interrupted = StopSignal::raised();
  report.given.total_test_time_s = tally.elapsed_s;
  options.report.evaluate(parsed->checks, report);
  if (auto written = output->write(options.report.text(report)); !written)
    return failed(written.error());
  if (auto closed = output->close(); !closed) return failed(closed.error());
  return verdict(report, tally);
}

}  // namespace

void declare_load(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "load", "Sends HTTP requests, or chat completions: live numbers, then the exact summary");
  options->load.declare(*command);
  command
      ->add_option("--show", options->view.fields,
                   "Live numbers, as those of demo; 'none' switches them off")
      ->allow_extra_args(false);
  options->phases.declare_live(*command);
  options->log.declare(*command);
  options->report.declare(*command);
  command->add_flag("-q,--quiet", options->view.quiet, "No live numbers");
  command->footer(
      "docs/load.md says what is measured. Exit code 1 also when no request was answered.");
  command->callback([options, &action] { action = [options] { return run_load(*options); }; });
}

}  // namespace millrace
