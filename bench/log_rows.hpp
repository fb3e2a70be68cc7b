// SPDX-License-Identifier: Apache-2.0
//
// What the benches of the log have in common: records, a folder for files, a stopwatch.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

namespace millrace {

inline constexpr std::size_t kRecordBytes = 64;
inline constexpr std::size_t kBufferBytes = 256 * 1024;
inline constexpr std::size_t kBatch = 1024;  // records of a batch or transaction

struct alignas(kRecordBytes) Bytes64 {
  std::uint64_t words[kRecordBytes / sizeof(std::uint64_t)];
};

// Seconds on the wall and of this thread's CPU, between start() and stop(); an iteration may have
// several such stretches.
class Stretches {
 public:
  void start() {
    wall_ -= now(CLOCK_MONOTONIC);
    cpu_ -= now(CLOCK_THREAD_CPUTIME_ID);
  }
  void stop() {
    cpu_ += now(CLOCK_THREAD_CPUTIME_ID);
    wall_ += now(CLOCK_MONOTONIC);
  }
  /// Ends the iteration.
  void report(benchmark::State& state) {
    state.SetIterationTime(wall_);
    wall_sum_ += wall_;
    cpu_sum_ += cpu_;
    wall_ = cpu_ = 0;
  }
  /// After the last one.
  void per_record(benchmark::State& state, std::int64_t records) const {
    const double all = static_cast<double>(state.iterations() * records) * 1e-9;
    state.counters["ns_per_record"] = wall_sum_ / all;
    state.counters["cpu_ns_per_record"] = cpu_sum_ / all;
    state.SetBytesProcessed(state.iterations() * records * static_cast<std::int64_t>(kRecordBytes));
  }

 private:
  static double now(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }
  double wall_ = 0, cpu_ = 0, wall_sum_ = 0, cpu_sum_ = 0;
};

class Folder {
 public:
  Folder() {
    const char* dir = std::getenv("MILLRACE_BENCH_DIR");
    parent_ = dir == nullptr ? "bench-files" : dir;
    made_parent_ = std::filesystem::create_directories(parent_);
    path_ = parent_ / fmt::format("bench-log-{}", ::getpid());
    std::filesystem::create_directory(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    if (made_parent_)
      std::filesystem::remove(parent_, ignored);  // if nobody else put something there
  }
  [[nodiscard]] std::string file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path parent_, path_;
  bool made_parent_;
};

inline const Folder& folder() {
  static const Folder folder;
  return folder;
}

// 16 MiB, more than a core has of its own caches, so that each row pays for reading its source.
inline const std::vector<Bytes64>& made_up_records() {
  static const std::vector<Bytes64> records = [] {
    std::vector<Bytes64> made(std::size_t{1} << 18);
    std::mt19937_64 random(1);
    for (Bytes64& record : made) {
      for (auto& word : record.words) word = random();
    }
    return made;
  }();
  return records;
}

inline const Bytes64& record_at(std::size_t i) {
  const auto& records = made_up_records();
  return records[i & (records.size() - 1)];
}

inline void skip(benchmark::State& state, const std::string& what) {
  state.SkipWithError(what.c_str());
}

// Gathers records into the buffer and writes it whenever it is full. False: errno says why.
inline bool write_records(int file, std::vector<std::byte>& buffer, std::size_t records) {
  const std::size_t in_buffer = buffer.size() / kRecordBytes;
  off_t offset = 0;
  for (std::size_t i = 0; i < records;) {
    const std::size_t n = std::min(in_buffer, records - i);
    for (std::size_t k = 0; k < n; ++k) {
      std::memcpy(buffer.data() + k * kRecordBytes, &record_at(i + k), kRecordBytes);
    }
    for (std::size_t done = 0; done < n * kRecordBytes;) {
      const ssize_t wrote = ::pwrite(file, buffer.data() + done, n * kRecordBytes - done, offset);
      if (wrote <= 0) return false;
      done += static_cast<std::size_t>(wrote);
      offset += wrote;
    }
    i += n;
  }
  return true;
}

#define MILLRACE_LOG_ROW(name) BENCHMARK(name)->UseManualTime()->Unit(benchmark::kMillisecond)

}  // namespace millrace
