// SPDX-License-Identifier: Apache-2.0
//
// guidellm 0.7.3's console: tables of texts, images, video, audio and tool calls, where there are any.
#include "report/guidellm_console.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "record/modality.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

Json distributions(double size) {
  Json d = Json::object();
  for (const char* status : {"successful", "errored", "incomplete", "total"}) {
    d[status] = {{"mean", size + 0.25},
                 {"median", size},
                 {"total_sum", 100 * size},
                 {"percentiles", {{"p95", 2 * size + 0.5}}}};
    size /= 4;
  }
  return d;
}

// Without any modality.
Json benchmark(const char* strategy) {
  Json metrics = Json::object();
  double size = 3;
  for (const char* name :
       {"prompt_token_count", "output_token_count", "total_token_count",
        "request_streaming_iterations_count", "output_tokens_per_iteration", "request_latency",
        "time_to_first_token_ms", "time_to_first_output_token_ms", "inter_token_latency_ms",
        "time_per_output_token_ms", "request_concurrency", "requests_per_second",
        "prompt_tokens_per_second", "output_tokens_per_second", "tokens_per_second"}) {
    metrics[name] = distributions(size *= 2.5);
  }
  for (const Modality& modality : kModalities) {
    metrics[modality.kind][modality.quantity] = nullptr;
  }
  Json made = {{"config", {{"strategy", {{"type_", strategy}}}}}, {"metrics", std::move(metrics)}};
  for (const char* time : {"start_time", "end_time"}) made[time] = -1.0;
  for (const char* length : {"duration", "warmup_duration", "cooldown_duration"}) {
    made[length] = 61.25;
  }
  return made;
}

// Of an input, an output or both.
void add_modal(Json& benchmark, const char* kind, const char* quantity, double input,
               double output) {
  Json& of = benchmark["metrics"][kind][quantity];
  for (const auto& [name, size] : {std::pair{"input", input}, std::pair{"output", output}}) {
    const bool has = size >= 0;
    of[name] = has ? distributions(size) : Json(nullptr);
    of[std::string(name) + "_per_second"] = has ? distributions(10 * size) : Json(nullptr);
  }
}

constexpr double kNone = -1;

Json document(std::initializer_list<Json> benchmarks) {
  return {{"metadata", {{"guidellm_version", "0.7.3"}}}, {"benchmarks", Json(benchmarks)}};
}

std::size_t tables(const std::string& console) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = console.find("ℹ", at)) != std::string::npos; ++at) ++n;
  return n;
}

std::string kept(const char* name) {
  const char* data = std::getenv("MILLRACE_TEST_DATA");
  std::ifstream in(std::filesystem::path(data != nullptr ? data : MILLRACE_TEST_DATA_DIR) / name);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The text is what guidellm's own code printed of this document: counts of one side alone, of one benchmark
// alone, of 0; tables of one side and of both; numbers wider than headers, and narrower ones.
TEST(GuidellmConsole, HasTheModalTablesThatGuidellmPrints) {
  Json one = benchmark("constant"), other = benchmark("throughput");
  add_modal(one, "text", "words", 120, 80.5);
  add_modal(one, "text", "characters", kNone, 480);
  add_modal(other, "text", "characters", kNone, 1e9);
  add_modal(one, "image", "images", 2, kNone);
  add_modal(other, "image", "images", 1, kNone);
  add_modal(one, "image", "pixels", 1'572'864, kNone);
  add_modal(one, "image", "bytes", 5e11, kNone);
  add_modal(other, "video", "seconds", kNone, 0.0625);
  add_modal(one, "audio", "samples", kNone, 3);
  add_modal(other, "audio", "bytes", 7, kNone);
  add_modal(one, "tool_call", "mixed_tokens", kNone, 31);
  add_modal(one, "tool_call", "count", kNone, 0);
  EXPECT_EQ(guidellm_console(document({one, other})), kept("guidellm/console_v07.txt"));
}

TEST(GuidellmConsole, HasNoTableOfAModalityThatNoRequestHas) {
  Json one = benchmark("constant");
  EXPECT_EQ(tables(guidellm_console(document({one}))), 4u);
  add_modal(one, "image", "images", 0, kNone);
  const std::string console = guidellm_console(document({one}));
  EXPECT_EQ(tables(console), 5u) << "a count of 0 is a count";
  EXPECT_NE(console.find("Input Images"), std::string::npos);
  EXPECT_EQ(console.find("Output Images"), std::string::npos);
}

// Each line of a title is as long as its rules, of both tables under it.
TEST(GuidellmConsole, TablesOfInputAndOutputAreOfOneWidth) {
  Json one = benchmark("constant");
  add_modal(one, "image", "bytes", 1e15, 1);
  std::istringstream console(guidellm_console(document({one})));
  std::string line;
  while (std::getline(console, line) && line != "ℹ Image Metrics Statistics (Completed Requests)") {
  }
  std::size_t lines = 0, bytes = 0;
  while (std::getline(console, line) && !line.empty()) {
    if (lines++ == 0) bytes = line.size();
    EXPECT_EQ(line.size(), bytes) << line;
  }
  EXPECT_EQ(lines, 2 * 6 + 1u);
}

}  // namespace
}  // namespace millrace
