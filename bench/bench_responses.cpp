// SPDX-License-Identifier: Apache-2.0
//
// What replay of a made-up responses.jsonl of 344 MB takes, in this process, beside reading it.
//
//   bench_responses --benchmark_repetitions=5
//
// The file is made once, in $TMPDIR or /tmp, and removed at the end.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "ingest/file_replay.hpp"
#include "ingest/llmeter_format.hpp"
#include "responses.hpp"

namespace millrace {

namespace {

// Made once, and removed at the end.
class ResponsesFile {
 public:
  ResponsesFile() {
    const char* dir = std::getenv("TMPDIR");
    path_ = fmt::format("{}/millrace_bench_{}.jsonl", dir == nullptr ? "/tmp" : dir, ::getpid());
    write_responses(path_, kResponses);
  }
  ~ResponsesFile() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

ResponsesFile& responses() {
  static ResponsesFile file;
  return file;
}

void replay(benchmark::State& state) {
  const std::string& path = responses().path();
  FileReplayOptions options;
  options.threads = static_cast<unsigned>(state.range(0));
  for (auto _ : state) {
    const auto result = replay_files({path}, llmeter_format(false), options);
    if (!result || result->records != kResponses) state.SkipWithError("replay failed");
    benchmark::DoNotOptimize(
        result->summary["requests"].metric("time_to_first_token").percentile(99));
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(path)));
}

// The limit: reading the file into a buffer.
void read_only(benchmark::State& state) {
  const std::string& path = responses().path();
  std::vector<char> buffer(256 << 10);
  for (auto _ : state) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    while (::read(file, buffer.data(), buffer.size()) > 0) benchmark::ClobberMemory();
    ::close(file);
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(path)));
}

BENCHMARK(read_only)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(replay)
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->ArgName("parsers");

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
