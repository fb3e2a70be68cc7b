// SPDX-License-Identifier: Apache-2.0
//
// BenchmarkRecorder: percentiles of every single iteration for benchmarks of Google Benchmark, which itself
// shows means only.
//
//   #include <millrace/google_benchmark.hpp>
//
//   void put(benchmark::State& state) {
//     millrace::BenchmarkRecorder recorder(state, "put");   // in each thread, before the loop
//     for (auto _ : state) {
//       auto lap = recorder.time();                         // one operation; time(n): a batch of n
//       table.put(next_key());
//     }
//   }
//   BENCHMARK(put)->Threads(4);
//   MILLRACE_BENCHMARK_MAIN();                              // BENCHMARK_MAIN() and --millrace_log=DIR
//
// Counters  p50, p90, p99, p99.9 (nearest rank) and max of all threads' samples together, in seconds, of each
//           invocation that Google Benchmark reports; and clock, what the clock adds to a sample and nobody
//           subtracts. Where p50 is less than ten times that there is a counter `short`, 1: time batches then.
//           Counters of threads are summed or averaged, both wrong for a percentile: so thread 0 alone sets them.
// Repeated  With --benchmark_repetitions its aggregates are of each repetition's percentiles: a mean of p99s, not
//           the p99 of all. The log holds all of them: millrace replay --run all.
// Log       --millrace_log=DIR: a folder of its own for each name, DIR/NAME, with a run for each repetition.
//           Invocations that only look for the number of iterations are removed. A folder that was there
//           before is left alone, and the benchmark skipped with a word. NAME: letters, digits, . _ - and for any
//           other character _. Give each variant of arguments or threads a name of its own: stderr has a word where
//           the number of iterations begins anew under a name, and the log keeps the last variant's samples alone.
// Cost      As a Stopwatch in the loop: two calls of the clock are in the sample's iteration, and push behind it.
//           The engine's aggregator takes a part of a core meanwhile; leave it one, or the samples have it in them.
//           A push that finds the ring full waits: nothing is lost, and the wait is in Google Benchmark's own
//           time, not in a sample.
// Memory    8 bytes a sample; beyond EngineOptions::exact_memory_bytes (768 MiB) percentiles come from histograms,
//           and there is a counter `inexact`, 1.
// Threads   A recorder each; recorders of one name in one invocation are one set of samples. Of several names the
//           one that ends first has the counters, the others' have their names before them: put.p50.
// Errors    Of the engine or the log: the benchmark is skipped with their message.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <benchmark/benchmark.h>

#include "millrace/engine.hpp"
#include "millrace/stopwatch.hpp"

namespace millrace {

namespace detail {

/// One invocation of one name: all its threads have it.
struct BenchmarkRun {
  Engine engine;
  Stream<SampleRecord> stream;
};

/// The runs that are on, and what is known of earlier ones. Of the process.
class BenchmarkRuns {
 public:
  static BenchmarkRuns& one() {
    static BenchmarkRuns runs;
    return runs;
  }

  void log_dir(std::string dir) { log_dir_ = std::move(dir); }

  /// The first thread of an invocation opens its run, the others join it.
  Result<std::shared_ptr<BenchmarkRun>> join(const std::string& name,
                                             const benchmark::State& state) {
    const std::lock_guard lock(mutex_);
    Known& known = known_[name];
    if (auto running = known.running.lock()) return running;
    const bool searching = known.iterations != 0 && state.max_iterations > known.iterations;
    if (!log_dir_.empty() && state.max_iterations < known.iterations) {
      std::fprintf(
          stderr,
          "--millrace_log: '%s' begins anew: a warm-up is over, or two variants have one name, and "
          "its log keeps the last one's samples alone\n",
          name.c_str());
    }
    known.iterations = state.max_iterations;
    EngineOptions options;
    options.overflow = Overflow::wait;
    options.workers_max =
        std::max(options.workers_max, static_cast<std::uint32_t>(state.threads()));
    if (!log_dir_.empty()) {
      auto folder = folder_of(name, searching);
      if (!folder) return tl::unexpected(std::move(folder).error());
      options.log_dir = *std::move(folder);
      options.append_log = true;  // repetitions
    }
    auto engine = Engine::open(std::move(options));
    if (!engine) return tl::unexpected(std::move(engine).error());
    auto stream = Stopwatch::stream(*engine, name);
    if (!stream) return tl::unexpected(std::move(stream).error());
    auto run = std::make_shared<BenchmarkRun>(BenchmarkRun{*std::move(engine), *std::move(stream)});
    known.running = run;
    return run;
  }

 private:
  struct Known {
    std::weak_ptr<BenchmarkRun> running;
    benchmark::IterationCount iterations = 0;  // of the last invocation
  };

  // `searching`: earlier invocations had fewer iterations, and are not reported.
  Result<std::string> folder_of(const std::string& name, bool searching) {
    std::string file = name;
    for (char& c : file) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
    }
    const std::filesystem::path folder = std::filesystem::path(log_dir_) / file;
    if (file.find_first_not_of('.') == std::string::npos) {
      return refused(folder, "is no folder for a log: the recorder's name is '" + name + "'");
    }
    std::error_code why;
    const auto known = owners_.find(file);
    if (known == owners_.end() && std::filesystem::exists(folder, why)) {
      return refused(folder, "was there before; name another folder");
    }
    if (known != owners_.end() && known->second != name) {
      return refused(folder, "is already of '" + known->second + "'; name one of both otherwise");
    }
    if (searching) remove_log(folder);
    std::filesystem::create_directories(folder, why);
    if (why) return refused(folder, "cannot be made: " + why.message());
    owners_.emplace(std::move(file), name);
    return folder.string();
  }

  // What the engine made, and nothing else.
  static void remove_log(const std::filesystem::path& folder) {
    std::error_code ignored;
    for (const auto& file : std::filesystem::directory_iterator(folder, ignored)) {
      const auto kind = file.path().extension();
      if (kind == ".mlr" || kind == ".mln" || kind == ".tmp")
        std::filesystem::remove(file, ignored);
    }
  }

  static tl::unexpected<Error> refused(const std::filesystem::path& folder,
                                       const std::string& why) {
    return tl::unexpected(
        Error{Errc::invalid_argument, "--millrace_log: '" + folder.string() + "' " + why});
  }

  std::mutex mutex_;
  std::string log_dir_;
  std::map<std::string, Known> known_;
  std::map<std::string, std::string> owners_;  // name by folder
};

}  // namespace detail

class BenchmarkRecorder {
 public:
  BenchmarkRecorder(benchmark::State& state, std::string name)
      : state_(state), name_(std::move(name)) {
    if (auto joined = join(); !joined) skip(joined.error());
  }
  BenchmarkRecorder(const BenchmarkRecorder&) = delete;
  BenchmarkRecorder& operator=(const BenchmarkRecorder&) = delete;
  ~BenchmarkRecorder() {
    // All threads have left the loop: Google Benchmark lets none out before the last has come.
    if (run_ != nullptr && state_.thread_index() == 0) report();
  }

  /// From now to the end of the lap, of one operation or of a batch.
  [[nodiscard]] Stopwatch::Lap time(std::uint64_t operations = 1) noexcept {
    return Stopwatch::Lap(watch_ ? &*watch_ : nullptr, operations);
  }
  /// A time that you took yourself.
  void record(std::chrono::nanoseconds elapsed, std::uint64_t operations = 1) noexcept {
    if (watch_) watch_->record(elapsed, operations);
  }

 private:
  Result<void> join() {
    auto run = detail::BenchmarkRuns::one().join(name_, state_);
    if (!run) return tl::unexpected(std::move(run).error());
    auto worker = (*run)->stream.worker();
    if (!worker) return tl::unexpected(std::move(worker).error());
    run_ = *std::move(run);
    watch_.emplace(*std::move(worker));
    return {};
  }

  void skip(const Error& error) { state_.SkipWithError(error.message.c_str()); }

  void report() {
    const auto summary = run_->engine.finish();
    if (!summary) return skip(summary.error());
    const auto time = (*summary)[name_].metric("time");
    if (time.count() == 0) return;
    constexpr double kSecond = 1e9;
    const double clock = Stopwatch::clock_ns();
    const double ps[] = {50, 90, 99, 99.9};
    const auto values = time.percentiles(ps);
    const char* const names[] = {"p50", "p90", "p99", "p99.9"};
    const std::string prefix = state_.counters.contains("p50") ? name_ + "." : "";
    for (std::size_t i = 0; i < values.size(); ++i) {
      state_.counters[prefix + names[i]] = values[i]->value / kSecond;
    }
    state_.counters[prefix + "max"] = time.max() / kSecond;
    state_.counters["clock"] = clock / kSecond;
    if (values[0]->value < 10 * clock) state_.counters[prefix + "short"] = 1;
    if (!time.exact()) state_.counters[prefix + "inexact"] = 1;
    if (summary->log() && !summary->log()->error.empty()) {
      state_.SkipWithError(("--millrace_log: " + summary->log()->error).c_str());
    }
  }

  benchmark::State& state_;
  std::string name_;
  std::shared_ptr<detail::BenchmarkRun> run_;
  std::optional<Stopwatch> watch_;
};

/// Takes --millrace_log=DIR out of the arguments, before benchmark::Initialize() sees them. False, with a word on
/// stderr: it names no folder.
[[nodiscard]] inline bool take_benchmark_flags(int* argc, char** argv) {
  constexpr std::string_view kLog = "--millrace_log=";
  int kept = 1;
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(kLog)) {
      argv[kept++] = argv[i];
      continue;
    }
    if (argument.size() == kLog.size()) {
      std::fprintf(stderr, "%s: --millrace_log=DIR needs the name of a folder\n", argv[0]);
      return false;
    }
    detail::BenchmarkRuns::one().log_dir(std::string(argument.substr(kLog.size())));
  }
  *argc = kept;
  argv[kept] = nullptr;
  return true;
}

}  // namespace millrace

#define MILLRACE_BENCHMARK_MAIN()                                     \
  int main(int argc, char** argv) {                                   \
    if (!millrace::take_benchmark_flags(&argc, argv)) return 1;       \
    benchmark::Initialize(&argc, argv);                               \
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1; \
    benchmark::RunSpecifiedBenchmarks();                              \
    benchmark::Shutdown();                                            \
    return 0;                                                         \
  }                                                                   \
  static_assert(true, "a semicolon follows")
