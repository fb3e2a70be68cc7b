// SPDX-License-Identifier: Apache-2.0
//
// What is written as guidellm's benchmarks.json is read again: the same requests, statuses, times and tokens.
#include <cmath>
#include <cstdint>
#include <deque>
#include <fstream>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "millrace/millrace.hpp"

#include "ingest/file_replay.hpp"
#include "ingest/guidellm_format.hpp"
#include "ingest/guidellm_splitter.hpp"
#include "replay/generation_replay.hpp"
#include "replay/log_replay.hpp"
#include "report/guidellm_console.hpp"
#include "report/guidellm_csv.hpp"
#include "report/guidellm_json.hpp"
#include "report/python_json.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMs = 1'000'000;

GenerationRecord request(std::uint64_t id, std::mt19937& random) {
  GenerationRecord r;
  r.request_id = id;
  r.status = static_cast<Status>(id % 5 == 0 ? 1 : id % 7 == 0 ? 2 : 0);
  r.intended_start_ns = 1'000'000 * kMs + static_cast<std::int64_t>(id) * 10 * kMs;
  r.queued_ns = r.intended_start_ns;
  r.dequeued_ns = r.queued_ns + kMs;
  r.scheduled_ns = r.dequeued_ns + kMs;
  r.resolve_start_ns = r.scheduled_ns + 2 * kMs;
  r.start_ns = r.resolve_start_ns + kMs;
  r.end_ns = r.start_ns + static_cast<std::int64_t>(random() % 900 + 100) * kMs;
  r.resolve_end_ns = r.end_ns + kMs;
  r.finalized_ns = r.resolve_end_ns + kMs;
  r.input_tokens = static_cast<std::int32_t>(random() % 500);
  if (r.status == Status::error) {
    r.error_class = 0;  // the caller's
    return r;
  }
  r.output_tokens = static_cast<std::int32_t>(random() % 50 + 2);
  r.first_token_ns = r.start_ns + 50 * kMs;
  r.last_token_ns = r.end_ns - 10 * kMs;
  r.token_iterations = r.request_iterations = r.output_tokens;
  return r;
}

void write_log(const std::string& dir, std::uint64_t requests) {
  auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = dir}).value();
  const std::uint16_t refused = engine.error_class("connection refused");
  auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
  std::mt19937 random(7);
  for (std::uint64_t id = 0; id < requests; ++id) {
    GenerationRecord record = request(id, random);
    if (record.status == Status::error) record.error_class = refused;
    ASSERT_TRUE(worker.push(record));
  }
  ASSERT_TRUE(engine.finish());
}

struct Written {
  GenerationReport report;
  std::string text;
};

Written written_as(const std::string& log, const char* profile, std::optional<std::uint64_t> sample,
                   LogPhases phases = {}) {
  GenerationReplayOptions options;
  options.sample = sample;
  options.curve = GenerationSummarizer::Curve::density;
  GenerationReplay requests(*generation_profile(profile), options);
  LogReplayOptions replay;
  replay.phases = phases;
  replay.visitors = {&requests};
  EXPECT_TRUE(replay_logs(std::vector<std::string>{log}, replay));
  Written written{requests.report().value(), ""};
  const auto done =
      write_python_json(guidellm_json(written.report, {}), guidellm_requests(written.report),
                        [&](std::string_view piece) -> Result<void> {
                          written.text += piece;
                          return {};
                        });
  EXPECT_TRUE(done);
  return written;
}

Summary read_again(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  std::deque<GuidellmDocument> documents;
  PieceReaderOptions options;
  options.translate = [&](std::string_view, std::uint64_t offset) -> std::unique_ptr<Translator> {
    return std::make_unique<GuidellmSplitter>(documents.emplace_back(),
                                              GuidellmSplitterOptions{.byte_offset = offset});
  };
  auto reader = PieceReader::open({path}, options).value();
  auto replay = replay_pieces(*reader, guidellm_format(), {}).value();
  EXPECT_TRUE(replay.whole());
  EXPECT_EQ(documents.front().benchmarks.size(), 1u);
  return replay.summary;
}

class RoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(RoundTrip, GivesTheSameCountsTimesAndTokens) {
  TemporaryFolder folder;
  write_log(folder / "run", 5'000);  // more than are held in memory
  const auto log = replay_logs(std::vector<std::string>{folder / "run"}, {}).value();
  const StreamSummary& before = log.summary["requests"];
  const Written written = written_as(folder / "run", GetParam(), std::nullopt);
  const Summary summary = read_again(folder / "benchmarks.json", written.text);
  const StreamSummary& after = summary["requests"];
  for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
    EXPECT_EQ(after.count({.status = status, .label = {}}),
              before.count({.status = status, .label = {}}));
    EXPECT_EQ(after.count({.status = status, .label = {}}), written.report.requests->kept(status));
  }
  for (const char* metric : {"time_to_first_token", "time_to_last_token", "input_tokens",
                             "response_time", "time_per_output_token"}) {
    const MetricSummary a = before.metric(metric, {.status = Status::ok, .label = {}});
    const MetricSummary b = after.metric(metric, {.status = Status::ok, .label = {}});
    EXPECT_EQ(a.count(), b.count()) << metric;
    EXPECT_NEAR(a.mean(), b.mean(), 300) << metric << ": doubles of seconds, in ns";
    EXPECT_NEAR(a.percentile(99)->value, b.percentile(99)->value, 300) << metric;
  }
  EXPECT_EQ(before.metric("output_tokens", {.status = Status::ok, .label = {}}).sum(),
            after.metric("output_tokens", {.status = Status::ok, .label = {}}).sum());
  std::map<std::string, std::uint64_t> errors;
  for (const auto& [name, count] : after.errors()) errors[name] = count;
  EXPECT_EQ(errors["connection refused"], 1'000u);
}

TEST_P(RoundTrip, OfASampleGivesThatManyOfEachStatusAndMetricsOfAll) {
  TemporaryFolder folder;
  write_log(folder / "run", 200);
  const Written all = written_as(folder / "run", GetParam(), std::nullopt);
  const Written some = written_as(folder / "run", GetParam(), 30);
  const StreamSummary after = read_again(folder / "benchmarks.json", some.text)["requests"];
  EXPECT_EQ(after.count({.status = Status::ok, .label = {}}), 30u);
  EXPECT_EQ(after.count({.status = Status::error, .label = {}}), 30u);
  EXPECT_EQ(after.count({.status = Status::incomplete, .label = {}}),
            some.report.requests->kept(Status::incomplete));
  Json a = Json::parse(all.text)["benchmarks"][0], b = Json::parse(some.text)["benchmarks"][0];
  EXPECT_EQ(a["metrics"], b["metrics"]);
  EXPECT_EQ(some.text, written_as(folder / "run", GetParam(), 30).text) << "the same sample again";
  const Json none = Json::parse(written_as(folder / "run", GetParam(), 0).text)["benchmarks"][0];
  EXPECT_EQ(none["requests"], Json({{"successful", Json::array()},
                                    {"errored", Json::array()},
                                    {"incomplete", Json::array()},
                                    {"total", nullptr}}));
}

INSTANTIATE_TEST_SUITE_P(Guidellm, RoundTrip, testing::Values("guidellm-0.2.1", "guidellm-0.7.3"),
                         [](const auto& param) {
                           return std::string(param.param).ends_with("1") ? "v021" : "v073";
                         });

TEST(Guidellm073, DocumentHasTheKeysOfItsModels) {
  TemporaryFolder folder;
  write_log(folder / "run", 100);
  const Json document =
      Json::parse(written_as(folder / "run", "guidellm-0.7.3", std::nullopt).text);
  EXPECT_EQ(document["metadata"]["version"], 2);
  EXPECT_EQ(document["metadata"]["guidellm_version"], "0.7.3");
  const Json& benchmark = document["benchmarks"][0];
  const auto keys = [](const Json& object) {
    std::string all;
    for (const auto& [key, value] : object.items()) all += key + " ";
    return all;
  };
  EXPECT_EQ(keys(benchmark),
            "type_ config scheduler_state scheduler_metrics metrics requests start_time end_time "
            "duration warmup_duration cooldown_duration ");
  EXPECT_EQ(keys(benchmark["scheduler_metrics"]),
            "start_time request_start_time measure_start_time measure_end_time request_end_time "
            "end_time requests_made queued_time_avg resolve_start_delay_avg "
            "resolve_targeted_start_delay_avg request_start_delay_avg "
            "request_targeted_start_delay_avg request_time_avg resolve_end_delay_avg "
            "resolve_time_avg finalized_delay_avg processed_delay_avg ");
  EXPECT_EQ(keys(benchmark["config"]),
            "id_ run_id run_index strategy constraints sample_size warmup cooldown "
            "prefer_response_metrics profile requests backend environment ");
  EXPECT_TRUE(keys(benchmark["metrics"]).starts_with("request_totals requests_per_second "));
  EXPECT_TRUE(keys(benchmark["metrics"]).ends_with("text image video audio tool_call "));
  EXPECT_EQ(keys(benchmark["requests"]["successful"][0]),
            "type_ request_id response_id request_args output reasoning_output tool_calls info "
            "input_metrics output_metrics request_start_time request_end_time request_latency "
            "prompt_tokens output_tokens total_tokens time_to_first_token_ms "
            "time_per_output_token_ms inter_token_latency_ms tokens_per_second "
            "output_tokens_per_second time_to_first_output_token_ms iter_tokens_per_iteration "
            "output_tokens_per_iteration ");
}

TEST(Guidellm073, SchedulerMetricsAreTheMeansOfTheStampsAndMinusOneWhereThatIsZero) {
  TemporaryFolder folder;
  write_log(folder / "run", 100);
  const Json document = Json::parse(written_as(folder / "run", "guidellm-0.7.3", 0).text);
  const Json& scheduler = document["benchmarks"][0]["scheduler_metrics"];
  const std::map<std::string, double> expected = {
      {"queued_time_avg", 0.001},         {"resolve_start_delay_avg", 0.002},
      {"resolve_end_delay_avg", 0.001},   {"resolve_targeted_start_delay_avg", 0.004},
      {"request_start_delay_avg", 0.001}, {"request_targeted_start_delay_avg", 0.005},
      {"finalized_delay_avg", 0.001},     {"processed_delay_avg", -1.0}};
  for (const auto& [key, seconds] : expected) {
    EXPECT_NEAR(scheduler[key].get<double>(), seconds, 1e-12) << key;
  }
  EXPECT_EQ(scheduler["request_start_time"], 1000.005);
  EXPECT_EQ(scheduler["requests_made"]["total"], 100);
}

TEST(Guidellm073, AWindowCutsTheMetricsAndNotTheRequests) {
  TemporaryFolder folder;
  write_log(folder / "run", 100);
  LogPhases phases;
  phases.warmup = phase_size("600ms").value();
  const Written written = written_as(folder / "run", "guidellm-0.7.3", std::nullopt, phases);
  const Json benchmark = Json::parse(written.text)["benchmarks"][0];
  EXPECT_NEAR(benchmark["warmup_duration"].get<double>(), 0.6, 1e-9);
  EXPECT_NEAR(benchmark["start_time"].get<double>(), 1000.605, 1e-9);
  EXPECT_LT(benchmark["metrics"]["request_totals"]["total"].get<int>(), 100);
  EXPECT_EQ(benchmark["scheduler_metrics"]["requests_made"]["total"], 100);
  std::size_t listed = 0;
  for (const char* status : {"successful", "errored", "incomplete"})
    listed += benchmark["requests"][status].size();
  EXPECT_EQ(listed, 100u);
}

TEST(TokenSources, TellEachVersionWhoseCountsItTakes) {
  TemporaryFolder folder;
  {
    auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = folder / "run"}).value();
    auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
    GenerationRecord r{
        .start_ns = 0, .first_token_ns = kMs, .last_token_ns = 2 * kMs, .end_ns = 3 * kMs};
    r.input_tokens = 10, r.requested_input_tokens = 11;
    r.output_tokens = 20, r.requested_output_tokens = 21;
    ASSERT_TRUE(worker.push(r));
    ASSERT_TRUE(engine.finish());
  }
  using enum TokenSource;
  for (const char* profile : {"guidellm-0.2.1", "guidellm-0.7.3"}) {
    for (const TokenSources sources :
         {TokenSources{response, response}, TokenSources{request, response},
          TokenSources{response, request}, TokenSources{request, request}}) {
      GenerationReplay requests(*generation_profile(profile), {.sources = sources});
      LogReplayOptions replay;
      replay.visitors = {&requests};
      ASSERT_TRUE(replay_logs(std::vector<std::string>{folder / "run"}, replay));
      const auto report = requests.report().value();
      const Json metrics = guidellm_json(report, {})["benchmarks"][0]["metrics"];
      EXPECT_EQ(metrics["prompt_token_count"]["total"]["mean"], sources.input == request ? 11 : 10);
      EXPECT_EQ(metrics["output_token_count"]["total"]["mean"],
                sources.output == request ? 21 : 20);
    }
  }
}

TEST(Guidellm073, CsvHasThreeHeaderLinesAndTheColumnsOfAllBenchmarks) {
  TemporaryFolder folder;
  write_log(folder / "run", 100);
  Json document = Json::parse(written_as(folder / "run", "guidellm-0.7.3", 0).text);
  Json other = document["benchmarks"][0];
  other["metrics"]["request_latency"]["errored"]["total_sum"] = 0.0;
  document["benchmarks"].insert(document["benchmarks"].begin(), other);
  const std::string csv = guidellm_csv(document);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
  EXPECT_TRUE(csv.starts_with("Run Info,Run Info,"));
  EXPECT_NE(csv.find("\r\nRun ID,Run Index,Profile,"), std::string::npos);
  EXPECT_NE(csv.find(",Mean,Median,Std Dev,Percentiles,"), std::string::npos);
  EXPECT_NE(csv.find("Errored Sec"), std::string::npos) << "the second benchmark has it";
  EXPECT_EQ(csv.find("Text Tokens"), std::string::npos);
  EXPECT_NE(guidellm_console(document).find("| Request Latency "), std::string::npos);
}

}  // namespace
}  // namespace millrace
