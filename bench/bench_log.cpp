// SPDX-License-Identifier: Apache-2.0
//
// Keeping records in a file, beside what one would use for it instead.
//
//   MILLRACE_BENCH_DIR=/mnt/disk bench_log --benchmark_repetitions=5
//
// One iteration: `records` records of 64 bytes. Units: the counters ns_per_record, by the clock on the
// wall, and cpu_ns_per_record, of the thread that does it; helper_cpu_ns_per_record, of the threads that
// help it.
// Excluded: making the records, opening and removing files. Nothing is synced to the disk.
// Files go to a folder of their own in $MILLRACE_BENCH_DIR, else in ./bench-files; it is removed.
// Beware: file systems differ more than the rows do, and a nearly full page cache writes back while
// it is measured. Compare lines of one run.
#include <memory>
#include <thread>

#include "five.hpp"
#include "log/log_writer.hpp"
#include "log_rows.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

// ---- The log ---------------------------------------------------------------------------------------

double seconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Slices of a block each, as the aggregator appends them: checksum, copy, commit word.
void millrace_append(benchmark::State& state) {
  const Switches switches(state);
  const auto records = static_cast<std::size_t>(state.range(0));
  const auto& source = made_up_records();
  constexpr std::uint32_t kSlice = 511;
  Stretches watch;
  double helpers = 0;
  for (auto _ : state) {
    log::WriterOptions options;
    options.dir = folder().file("append");
    options.mapped = state.range(1) != 0;
    options.wait = true;
    std::filesystem::create_directory(options.dir);
    const auto header = log::make_header(RunIdentity::make(random_id()), log::FileKind::segment);
    auto writer = log::LogWriter::open(options, header, 1);
    if (!writer) return skip(state, writer.error().message);
    const double process = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    const double thread = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    watch.start();
    for (std::size_t i = 0; i < records;) {
      const std::uint32_t room = (*writer)->reserve(kRecordBytes, static_cast<std::int64_t>(i));
      if (room == 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        continue;
      }
      const std::size_t at = i % (source.size() - kSlice);
      const auto n = static_cast<std::uint32_t>(std::min<std::size_t>({room, kSlice, records - i}));
      const Slice slice{.records = reinterpret_cast<const std::byte*>(&source[at]),
                        .count = n,
                        .record_size = kRecordBytes,
                        .stream = 0,
                        .worker = 1,
                        .worker_seq = i};
      if (!(*writer)->append(slice, static_cast<std::int64_t>(i))) {
        return skip(state, (*writer)->status().error);
      }
      i += n;
    }
    watch.stop();
    helpers += seconds_of(CLOCK_PROCESS_CPUTIME_ID) - process -
               (seconds_of(CLOCK_THREAD_CPUTIME_ID) - thread);
    if (auto closed = (*writer)->close(true, 1); !closed)
      return skip(state, closed.error().message);
    writer->reset();
    std::filesystem::remove_all(options.dir);
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
  state.counters["helper_cpu_ns_per_record"] =
      helpers * 1e9 / static_cast<double>(state.iterations() * state.range(0));
}

// ---- Writing ---------------------------------------------------------------------------------------

// The least that a file costs: no header, checksum or names, and nothing visible before a buffer is full.
void pwrite_256k(benchmark::State& state) {
  const Switches switches(state);
  const std::string path = folder().file("pwrite");
  std::vector<std::byte> buffer(kBufferBytes);
  made_up_records();
  Stretches watch;
  for (auto _ : state) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return skip(state, fmt::format("{}: {}", path, std::strerror(errno)));
    watch.start();
    const bool good = write_records(file, buffer, static_cast<std::size_t>(state.range(0)));
    watch.stop();
    const int why = errno;
    ::close(file);
    ::unlink(path.c_str());
    if (!good) return skip(state, fmt::format("{}: {}", path, std::strerror(why)));
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}

MILLRACE_LOG_ROW(millrace_append)
    ->Args({4'000'000, 1})
    ->Args({4'000'000, 0})
    ->ArgNames({"records", "mapped"});
MILLRACE_LOG_ROW(pwrite_256k)->Arg(4'000'000)->ArgName("records");

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
