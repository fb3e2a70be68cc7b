// SPDX-License-Identifier: Apache-2.0
//
// A benchmarks.json of guidellm: cutting it into lines, which one thread does, and reading the lines,
// which all do; beside copying its bytes.
//
//   bench_guidellm --benchmark_repetitions=5
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "millrace/record.hpp"

#include "ingest/guidellm_format.hpp"
#include "ingest/guidellm_splitter.hpp"

namespace millrace {
namespace {

constexpr std::size_t kPieceBytes = 16 << 10;  // as ByteSource hands them on

// 64 MB of requests as 0.7 writes them, 1.3 KB each without texts; with `text` bytes of output more.
std::string document(std::size_t text) {
  std::string json =
      R"({"metadata": {"guidellm_version": "0.7.3"}, "benchmarks": [{"requests": {"successful": [)";
  const std::string output(text, 'x');
  for (int i = 0; json.size() < (64u << 20); ++i) {
    const double t = 1767225600.0391235 + i * 0.01;
    json += fmt::format(
        R"({}{{"type_": "generative_request_stats", "request_id": "0193a5c0-0000-4000-8000-{:012}", )"
        R"("response_id": null, "request_args": null, "output": "{}", "reasoning_output": null, "tool_calls": null, )"
        R"("info": {{"request_id": "0193a5c0-0000-4000-8000-{:012}", "status": "completed", "scheduler_node_id": 0, )"
        R"("scheduler_process_id": 0, "scheduler_start_time": 1767225600.0, "timings": {{"targeted_start": {}, )"
        R"("queued": {}, "dequeued": {}, "scheduled_at": {}, "resolve_start": {}, "request_start": {}, )"
        R"("first_request_iteration": {}, "first_token_iteration": {}, "first_output_token_iteration": {}, )"
        R"("last_token_iteration": {}, "last_request_iteration": {}, "request_iterations": 5, )"
        R"("token_iterations": 5, "request_end": {}, "resolve_end": {}, "finalized": {}}}, "error": null}}, )"
        R"("input_metrics": {{"text_tokens": 129, "total_tokens": 129}}, )"
        R"("output_metrics": {{"text_tokens": 5, "total_tokens": 5}}, "request_latency": 0.2649998664855957, )"
        R"("prompt_tokens": 129, "output_tokens": 5, "time_to_first_token_ms": 39.00003433227539}})",
        i == 0 ? "" : ", ", i, output, i, t, t, t, t, t, t, t + 0.1, t + 0.1, t + 0.1, t + 0.2,
        t + 0.2, t + 0.2, t + 0.2, t + 0.2);
  }
  return json + "]}}]}";
}

void copy(benchmark::State& state) {
  const std::string json = document(static_cast<std::size_t>(state.range(0)));
  std::vector<char> to(kPieceBytes);
  for (auto _ : state) {
    for (std::size_t at = 0; at < json.size(); at += kPieceBytes) {
      std::memcpy(to.data(), json.data() + at, std::min(kPieceBytes, json.size() - at));
      benchmark::ClobberMemory();
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(json.size()));
}

void split(benchmark::State& state) {
  const std::string json = document(static_cast<std::size_t>(state.range(0)));
  std::string lines;
  for (auto _ : state) {
    GuidellmDocument about;
    GuidellmSplitter splitter(about);
    for (std::size_t at = 0; at < json.size(); at += kPieceBytes) {
      lines.clear();
      splitter.take(std::string_view(json).substr(at, kPieceBytes), lines);
      benchmark::DoNotOptimize(lines.data());
    }
    if (!about.complete) state.SkipWithError("not read to its end");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(json.size()));
}

void parse(benchmark::State& state) {
  const std::string json = document(static_cast<std::size_t>(state.range(0)));
  GuidellmDocument about;
  GuidellmSplitter splitter(about);
  std::string lines;
  splitter.take(json, lines);
  lines.append(LineParser::kPadding, '\0');
  const auto parser = guidellm_format().parser();
  for (auto _ : state) {
    LocalNames labels, errors;
    LineNotes notes;
    alignas(GenerationRecord) std::byte record[sizeof(GenerationRecord)];
    const char* at = lines.data();
    const char* const end = at + lines.size() - LineParser::kPadding;
    while (at < end) {
      const auto* newline =
          static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      const std::string_view line(at, static_cast<std::size_t>(newline - at));
      if (parser->parse(line, record, labels, errors, notes) != nullptr) {
        state.SkipWithError("a line is no record");
      }
      at = newline + 1;
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(lines.size()));
}

BENCHMARK(copy)->Arg(0)->Arg(4000)->Unit(benchmark::kMillisecond)->ArgName("text");
BENCHMARK(split)->Arg(0)->Arg(4000)->Unit(benchmark::kMillisecond)->ArgName("text");
BENCHMARK(parse)->Arg(0)->Arg(4000)->Unit(benchmark::kMillisecond)->ArgName("text");

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
