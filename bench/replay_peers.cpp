// SPDX-License-Identifier: Apache-2.0
//
// What reading a log back stands beside: rows of bench_replay, which says how they are measured.
#include <sys/mman.h>

#include "log_rows.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

// One file for all readers, as pwrite_256k leaves it, in the page cache. -1: it could not be made.
int file_of_records(std::size_t records) {
  static std::size_t written = 0;
  static const int file = [] {
    const std::string path = folder().file("records");
    const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ::unlink(path.c_str());
    return made;
  }();
  std::vector<std::byte> buffer(kBufferBytes);
  if (file >= 0 && written != records) {
    if (::ftruncate(file, 0) != 0 || !write_records(file, buffer, records)) return -1;
    written = records;
  }
  return file;
}

// The limit of a reader that maps: one word of each record, page faults included.
void map_touch(benchmark::State& state) {
  const Switches switches(state);
  const auto records = static_cast<std::size_t>(state.range(0));
  const std::size_t bytes = records * kRecordBytes;
  const int file = file_of_records(records);
  if (file < 0) return skip(state, fmt::format("no file: {}", std::strerror(errno)));
  Stretches watch;
  for (auto _ : state) {
    watch.start();
    void* memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) return skip(state, std::strerror(errno));
    const auto* at = static_cast<const Bytes64*>(memory);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < records; ++i) sum += at[i].words[0];
    benchmark::DoNotOptimize(sum);
    ::munmap(memory, bytes);
    watch.stop();
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}

// And of one that does not.
void pread_touch(benchmark::State& state) {
  const Switches switches(state);
  const auto records = static_cast<std::size_t>(state.range(0));
  const int file = file_of_records(records);
  if (file < 0) return skip(state, fmt::format("no file: {}", std::strerror(errno)));
  std::vector<Bytes64> buffer(kBufferBytes / kRecordBytes);
  Stretches watch;
  for (auto _ : state) {
    watch.start();
    std::uint64_t sum = 0;
    std::size_t seen = 0;
    while (true) {
      const ssize_t got =
          ::pread(file, buffer.data(), kBufferBytes, static_cast<off_t>(seen * kRecordBytes));
      if (got <= 0) break;
      const std::size_t n = static_cast<std::size_t>(got) / kRecordBytes;
      for (std::size_t i = 0; i < n; ++i) sum += buffer[i].words[0];
      seen += n;
    }
    benchmark::DoNotOptimize(sum);
    watch.stop();
    if (seen != records) return skip(state, "the file is not whole");
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}

// Exact percentiles as one would write them: read everything, keep five columns, sort each. The
// sorting alone.
void sort_five_columns(benchmark::State& state) {
  const Switches switches(state);
  const auto records = static_cast<std::size_t>(state.range(0));
  std::vector<double> column(records);
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> latency(3, 0.5);
  Stretches watch;
  for (auto _ : state) {
    for (int i = 0; i < 5; ++i) {
      for (double& value : column) value = latency(random);
      watch.start();
      std::sort(column.begin(), column.end());
      benchmark::DoNotOptimize(column.data());
      benchmark::ClobberMemory();
      watch.stop();
    }
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}

MILLRACE_LOG_ROW(map_touch)->Arg(10'000'000)->ArgName("records");
MILLRACE_LOG_ROW(pread_touch)->Arg(10'000'000)->ArgName("records");
MILLRACE_LOG_ROW(sort_five_columns)->Arg(10'000'000)->ArgName("records");

}  // namespace
}  // namespace millrace
