// SPDX-License-Identifier: Apache-2.0
//
// From push to the summary: ten million records of 64 bytes with five metrics, one worker that waits for room.
//
//   MILLRACE_BENCH_DIR=/mnt/disk bench_end_to_end --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
//
// obvious: a queue of records with a token, one loop, Boost mean to kurtosis of five metrics: no percentiles,
// no histogram; obvious/pwrite: and each batch written to a file, in pieces of 256 KiB. millrace: counts, sums,
// moments, histograms, live percentiles; exact: each value kept; log: every record in a checksummed log that
// survives kill -9; log_prefaulted: one segment holds all, and its pages were made before; log_exact: no
// value kept, exact percentiles by passes over the log.
// Unit: ns_per_record, on the wall, registration and finish() included; making and removing files is not.
#include <cstdint>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <concurrentqueue/concurrentqueue.h>
#include <sys/mman.h>

#include "boost_moments.hpp"
#include "five.hpp"
#include "log_rows.hpp"
#include "pin.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

constexpr std::int64_t kRecords = 10'000'000;

// Of the segments in the folder, as far as they are.
bool make_pages(const std::string& dir) {
  bool made = false;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    std::error_code gone;  // the helper renames the next segment when it is made
    const std::uintmax_t bytes = entry.file_size(gone);
    if (gone || bytes < std::uint64_t{1} << 30) continue;
    const int file = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) continue;
    void* const at = ::mmap(nullptr, bytes, PROT_WRITE, MAP_SHARED, file, 0);
    if (at == MAP_FAILED) return false;
    ::madvise(at, bytes, MADV_HUGEPAGE);
    made |= ::madvise(at, bytes, MADV_POPULATE_WRITE) == 0;
    ::munmap(at, bytes);
    ::close(file);
  }
  return made;
}

void millrace_run(benchmark::State& state, const EngineOptions& given, bool prefaulted) {
  Stretches watch;
  const Switches switches(state);
  for (auto _ : state) {
    unpin();
    EngineOptions options = given;
    options.overflow = Overflow::wait;
    if (!options.log_dir.empty()) options.log_dir = folder().file("engine");
    auto engine = Engine::open(options);
    if (!engine) return skip(state, engine.error().message);
    auto worker = engine->stream<Five>("five").value().worker().value();
    if (prefaulted && !make_pages(options.log_dir)) return skip(state, "no segment to prefault");
    pin(0);
    watch.start();
    for (std::int64_t i = 0; i < kRecords; ++i) worker.push(five_of(i));
    const auto summary = engine->finish();
    watch.stop();
    if (!summary) return skip(state, summary.error().message);
    if (summary->accounting().aggregated != static_cast<std::uint64_t>(kRecords)) {
      return skip(state, "records are missing");
    }
    if (!options.log_dir.empty()) std::filesystem::remove_all(options.log_dir);
    watch.report(state);
  }
  watch.per_record(state, kRecords);
}

void obvious(benchmark::State& state, bool with_file) {
  const std::string path = folder().file("obvious");
  Stretches watch;
  const Switches switches(state);
  for (auto _ : state) {
    pin(1);
    const int file =
        with_file ? ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (with_file && file < 0)
      return skip(state, fmt::format("{}: {}", path, std::strerror(errno)));
    moodycamel::ConcurrentQueue<Five> queue(64 * 1024);
    std::vector<BoostMoments> sets(5);
    watch.start();
    std::jthread worker([&] {
      pin(0);
      moodycamel::ProducerToken token(queue);
      for (std::int64_t i = 0; i < kRecords; ++i) {
        while ((i & 255) == 0 && queue.size_approx() > 32'768) std::this_thread::yield();
        queue.enqueue(token, five_of(i));
      }
    });
    std::vector<Five> batch(kBufferBytes / sizeof(Five));
    std::int64_t taken = 0;
    while (taken < kRecords) {
      std::size_t got = 0;  // a file is written in whole buffers
      do {
        const std::size_t more = queue.try_dequeue_bulk(batch.data() + got, batch.size() - got);
        got += more;
        if (more == 0) std::this_thread::yield();
      } while (with_file && got < batch.size() &&
               taken + static_cast<std::int64_t>(got) < kRecords);
      if (with_file && ::write(file, batch.data(), got * sizeof(Five)) < 0) {
        return skip(state, std::strerror(errno));
      }
      for (std::size_t i = 0; i < got; ++i) {
        const Five& r = batch[i];
        sets[0](static_cast<double>(r.end_ns - r.start_ns));
        sets[1](static_cast<double>(r.first_ns - r.start_ns));
        sets[2](static_cast<double>(r.end_ns - r.first_ns));
        sets[3](static_cast<double>(r.bytes));
        sets[4](r.score);
      }
      taken += static_cast<std::int64_t>(got);
    }
    watch.stop();
    benchmark::DoNotOptimize(boost::accumulators::mean(sets[0]));
    if (file >= 0) ::close(file);
    std::filesystem::remove(path);
    watch.report(state);
  }
  watch.per_record(state, kRecords);
}

// The push loop alone, and nobody takes the records: what the worker costs.
void touch(benchmark::State& state) {
  std::vector<Five> records(kRecords);
  for (std::int64_t i = 0; i < kRecords; ++i) records[static_cast<std::size_t>(i)] = five_of(i);
  Stretches watch;
  const Switches switches(state);
  for (auto _ : state) {
    watch.start();
    std::int64_t sum = 0;
    for (const Five& r : records) sum += r.bytes;
    benchmark::DoNotOptimize(sum);
    watch.stop();
    watch.report(state);
  }
  watch.per_record(state, kRecords);
}

#define MILLRACE_RUN(name, ...) \
  BENCHMARK_CAPTURE(__VA_ARGS__)->Name(name)->UseManualTime()->Unit(benchmark::kMillisecond)

const EngineOptions kApproximate{.exact_memory_bytes = 0};
const EngineOptions kExact{.exact_memory_bytes = std::size_t{2} << 30};
const EngineOptions kLog{.exact_memory_bytes = 0, .log_dir = "log"};
const EngineOptions kOneSegment{
    .exact_memory_bytes = 0, .log_dir = "log", .segment_bytes = std::uint64_t{1} << 30};
const EngineOptions kLogExact{.log_dir = "log", .low_memory = true};

BENCHMARK(touch)->Name("end_to_end/touch")->UseManualTime()->Unit(benchmark::kMillisecond);
MILLRACE_RUN("end_to_end/obvious", obvious, none, false);
MILLRACE_RUN("end_to_end/millrace", millrace_run, none, kApproximate, false);
MILLRACE_RUN("end_to_end/millrace_exact", millrace_run, exact, kExact, false);
MILLRACE_RUN("end_to_end/obvious_pwrite", obvious, file, true);
MILLRACE_RUN("end_to_end/millrace_log", millrace_run, log, kLog, false);
MILLRACE_RUN("end_to_end/millrace_log_prefaulted", millrace_run, one, kOneSegment, true);
MILLRACE_RUN("end_to_end/millrace_log_exact", millrace_run, low, kLogExact, false);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
