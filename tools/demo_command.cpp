// SPDX-License-Identifier: Apache-2.0
//
// millrace demo: a pool of workers, live numbers, and the exact summary.
#include <chrono>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "command.hpp"
#include "demo_load.hpp"
#include "exit_code.hpp"
#include "flag_values.hpp"
#include "live_view.hpp"
#include "log_options.hpp"
#include "output.hpp"
#include "phase_options.hpp"
#include "report/quantity.hpp"
#include "report_options.hpp"
#include "stop_signal.hpp"

namespace millrace {
namespace {

struct Options {
  DemoOptions load;
  ReportOptions report;
  LiveViewOptions view;
  PhaseFlags phases;
  std::string records, rate, duration;
  std::string idle = "back-off";
  LogOptions log;
};

int usage(const Error& error) {
  complain(error.message);
  return kUsage;
}

Idle idle_from(const std::string& name) {
  return name == "spin" ? Idle::spin : name == "sleep" ? Idle::sleep : Idle::back_off;
}

// What was given in words.
Result<DemoOptions> load_of(const Options& options) {
  DemoOptions load = options.load;
  const auto number = [](const char* flag, const std::string& text, Unit unit,
                         const char* example) {
    const auto value = parse_quantity(text, unit);
    return value && *value >= 0 && *value < 1e18
               ? Result<double>(*value)
               : failure(Errc::invalid_argument,
                         fmt::format("{}: '{}' is not of the kind of {}", flag, text, example));
  };
  if (!options.records.empty()) {
    const auto records = number("--records", options.records, Unit::none, "10000 or 10M");
    if (!records) return tl::unexpected(records.error());
    load.records = static_cast<std::uint64_t>(*records);
  }
  if (!options.rate.empty()) {
    const auto rate = number("--rate", options.rate, Unit::none, "500 or 10k");
    if (!rate) return tl::unexpected(rate.error());
    load.rate = *rate;
  }
  if (!options.duration.empty()) {
    const auto ns = time_of_flag("--duration", options.duration);
    if (!ns) return tl::unexpected(ns.error());
    if (*ns == 0) return failure(Errc::invalid_argument, "--duration: 0 is no time to run in");
    load.duration = std::chrono::nanoseconds(*ns);
    if (options.records.empty()) load.records = 0;  // the duration is the end
  }
  return load;
}

EngineOptions engine_options(const Options& options, const DemoOptions& load,
                             const std::vector<Check>& checks) {
  EngineOptions engine = options.log.engine_options();
  // With a rate the demo is a load generator, which must not be held up; without one it is a batch.
  engine.overflow = load.rate > 0 ? Overflow::reject : Overflow::wait;
  engine.idle = idle_from(options.idle);
  engine.workers_max = load.workers * (load.gaps ? 2 : 1);
  engine.percentiles = options.report.wanted_percentiles(checks);
  return engine;
}

int demo(const Options& options) {
  auto load = load_of(options);
  if (!load) return usage(load.error());
  const Schema schema = RecordTraits<GenerationRecord>::schema().value();
  auto limits = options.report.parse_limits(schema);
  if (!limits) return usage(limits.error());
  std::vector<Schema> schemas = {schema};
  if (load->gaps) schemas.push_back(token_gap_schema().value());
  auto checks = options.report.parse_checks(schemas);
  if (!checks) return usage(checks.error());
  auto phases = options.phases.parse_live(load->records, load->duration);
  if (!phases) return usage(phases.error());
  LiveViewOptions live = options.view;
  if (load->records != 0) live.max_requests = load->records;
  if (load->duration.count() != 0) {
    live.max_seconds = static_cast<double>(load->duration.count()) / 1e9;
  }
  auto every = options.report.interval();
  if (!every) return usage(every.error());
  auto view = LiveView::make(live);
  if (!view) return usage(view.error());

  auto output = Output::open(options.report.output);
  if (!output) {
    complain(output.error().message);
    return kError;
  }

  StopSignal::install();
  auto engine = Engine::open(engine_options(options, *load, *checks));
  if (!engine) {
    complain(engine.error().message);
    return engine.error().code == Errc::invalid_argument ? kUsage : kError;
  }
  if (!engine->notice().empty()) complain(engine->notice());
  auto stream = engine->stream<GenerationRecord>(
      "requests", {.goodput = *limits,
                   .phases = *phases,
                   .every = std::chrono::nanoseconds(every->value_or(0))});
  if (!stream) {
    complain(stream.error().message);
    return kError;
  }
  std::optional<Stream<SampleRecord>> gaps;
  if (load->gaps) {
    auto added = engine->stream<SampleRecord>("itl", token_gap_schema().value());
    if (!added) {
      complain(added.error().message);
      return kError;
    }
    gaps = *added;
  }
  std::vector<std::uint16_t> labels;
  for (unsigned i = 0; i < load->labels; ++i)
    labels.push_back(engine->label(fmt::format("m{}", i)));
  const std::vector<std::uint16_t> errors = {engine->error_class("connection reset"),
                                             engine->error_class("429 too many requests")};

  std::atomic<bool> failed{false};
  std::atomic<unsigned> running{load->workers};
  std::vector<std::jthread> threads;
  for (unsigned worker = 0; worker < load->workers; ++worker) {
    threads.emplace_back([&, worker] {
      push_demo_records(*stream, gaps, labels, errors, *load, worker, StopSignal::flag(), failed);
      // order: release; pairs with the acquire below: the thread has pushed its last.
      running.fetch_sub(1, std::memory_order_release);
    });
  }
  // order: acquire; pairs with the release above.
  while (running.load(std::memory_order_acquire) != 0) {
    view->show([&] { return engine->snapshot(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  threads.clear();
  view->close([&] { return engine->snapshot(); });
  auto summary = engine->finish();
  if (!summary) {
    complain(summary.error().message);
    return kError;
  }

  Report report{.summary = *summary};
  options.report.apply(report);
  report.goodput = *limits;
  if (*every) report.series.emplace("requests", (*summary)["requests"].series());
  report.interrupted = StopSignal::raised();
  report.given.total_test_time_s = static_cast<double>(summary->elapsed_ns()) / 1e9;
  options.report.evaluate(*checks, report);
  auto written = output->write(options.report.text(report));
  if (written) written = output->close();
  if (!written) {
    complain(written.error().message);
    return kError;
  }
  if (report.interrupted) return kInterrupted;
  // order: relaxed; the threads have been joined.
  return failed.load(std::memory_order_relaxed) ? kError : verdict_of(report);
}

}  // namespace

void declare_demo(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "demo", "Pushes made-up results through the engine: live numbers, then the exact summary");
  command->add_option("--workers", options->load.workers, "Worker threads")
      ->check(CLI::Range(1, 4096));
  command->add_option(
      "--records", options->records,
      "Records of all workers together, e.g. 10M (default; with --duration: no end)");
  command->add_option(
      "--rate", options->rate,
      "Records a second of all workers together, e.g. 10k. The load is then never held\n"
      "up: what finds its ring full is rejected and counted; without it workers wait");
  command->add_option("--duration", options->duration, "Stop after this time, e.g. 10s");
  command->add_flag("--gaps", options->load.gaps,
                    "A sample of each gap between tokens, too, in a stream of its own");
  command->add_option("--labels", options->load.labels, "Give the records this many labels")
      ->check(CLI::Range(0, 65'000));
  command->add_option("--seed", options->load.seed, "Of the made-up results")
      ->check(not_negative());
  command->add_option("--idle", options->idle, "How the aggregator waits: spin, back-off, sleep")
      ->check(CLI::IsMember({"spin", "back-off", "sleep"}));
  command
      ->add_option("--show", options->view.fields,
                   "Live numbers: LABEL=KEY or LABEL=KEY:inv, keys as in llmeter's stats.json;\n"
                   "several; 'none' switches them off, 'guidellm' shows its progress lines,\n"
                   "'guidellm-scheduler' one more")
      ->allow_extra_args(false);
  options->phases.declare_live(*command);
  options->log.declare(*command);
  options->report.declare(*command);
  command->add_flag("-q,--quiet", options->view.quiet, "No live numbers");
  command->callback([options, &action] { action = [options] { return demo(*options); }; });
}

}  // namespace millrace
