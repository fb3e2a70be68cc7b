// SPDX-License-Identifier: Apache-2.0
//
// The golden vectors of guidellm through a log: what its replay writes, beside the seed's own files.
#include <string>

#include "millrace/millrace.hpp"

#include "replay/generation_replay.hpp"
#include "replay/log_replay.hpp"
#include "report/guidellm_json.hpp"
#include "report/python_json.hpp"
#include "seed_vectors.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

GenerationReport replay_of(const std::string& log, const char* profile, std::size_t sort_bytes) {
  GenerationReplayOptions options;
  options.sort_bytes = sort_bytes;
  options.sample = std::nullopt;
  GenerationReplay requests(*generation_profile(profile), options);
  LogReplayOptions replay;
  replay.visitor = &requests;
  const auto replayed = replay_logs(std::vector<std::string>{log}, replay);
  EXPECT_TRUE(replayed && replayed->whole());
  auto report = requests.report();
  EXPECT_TRUE(report) << report.error().message;
  return report ? std::move(*report) : GenerationReport{};
}

// As it is written, all requests listed.
std::string text_of(const GenerationReport& report, const GuidellmTexts& texts) {
  std::string text;
  const auto written = write_python_json(guidellm_json(report, texts), guidellm_requests(report),
                                         [&](std::string_view piece) -> Result<void> {
                                           text += piece;
                                           return {};
                                         });
  EXPECT_TRUE(written) << written.error().message;
  return text;
}

// Numbers close, all else equal, in the same order.
void expect_same_json(const Json& expected, const Json& actual, const std::string& where) {
  if (const auto a = number(expected), b = number(actual); a && b) {
    EXPECT_TRUE(close(*a, *b)) << where << ": expected " << expected << ", got " << actual;
    EXPECT_EQ(expected.is_number_integer(), actual.is_number_integer()) << where;
  } else if (expected.is_object() && actual.is_object()) {
    auto at = actual.begin();
    ASSERT_EQ(expected.size(), actual.size()) << where;
    for (const auto& [key, value] : expected.items()) {
      ASSERT_EQ(key, at.key()) << where;
      expect_same_json(value, *at++, where + "/" + key);
    }
  } else if (expected.is_array() && actual.is_array()) {
    ASSERT_EQ(expected.size(), actual.size()) << where;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expect_same_json(expected[i], actual[i], where + "/" + std::to_string(i));
    }
  } else {
    EXPECT_EQ(expected, actual) << where;
  }
}

// What a log does not hold, and rates, which are made of rounding and compared elsewhere.
void take_over(const Json& expected, Json& actual) {
  actual["run_stats"] = expected["run_stats"];
  for (const char* status : {"successful", "errored", "incomplete"}) {
    const Json& theirs = expected["requests"][status];
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      Json& ours = actual["requests"][status][i];
      for (const char* key : {"request_id", "prompt", "output", "error"}) {
        if (theirs[i].contains(key)) ours[key] = theirs[i][key];
      }
    }
  }
  for (const auto& [name, by_status] : expected["metrics"].items()) {
    if (name.ends_with("_per_second")) actual["metrics"][name] = by_status;
    for (const auto& [status, theirs] : by_status.items()) {
      // Either of two percentiles is right where the seed's cumulative sum has drifted.
      actual["metrics"][name][status]["percentiles"] = theirs["percentiles"];
    }
  }
}

}  // namespace

void check_guidellm_files(const fs::path& dir) {
  const std::vector<GenerationRecord> records = guidellm_records(dir);
  if (records.empty()) return;
  TemporaryFolder folder;
  {
    auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = folder / "run"}).value();
    auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
    for (const GenerationRecord& record : records) ASSERT_TRUE(worker.push(record));
    ASSERT_TRUE(engine.finish());
  }
  for (const char* profile : {"guidellm-0.2.1", "guidellm-0.7.3"}) {
    const GenerationReport in_memory = replay_of(folder / "run", profile, std::size_t{1} << 30);
    const GenerationReport spilled = replay_of(folder / "run", profile, 1);
    EXPECT_EQ(in_memory.summary.total(), records.size());
    EXPECT_EQ(python_json(guidellm_metrics_json(in_memory)),
              python_json(guidellm_metrics_json(spilled)))
        << "to the bit, whatever the memory";
  }
  if (!fs::exists(dir / "files_v021")) return;
  const std::string text = read_file(dir / "files_v021" / "benchmarks.json");
  const Json expected = Json::parse(text)["benchmarks"][0];
  const GenerationReport report = replay_of(folder / "run", "guidellm-0.2.1", 1);
  GuidellmTexts texts;
  texts.id = expected["id_"];
  texts.run_id = expected["run_id"];
  texts.args = expected["args"];
  texts.worker = expected["worker"];
  texts.request_loader = expected["request_loader"];
  texts.extras = expected["extras"];
  const std::string written = text_of(report, texts);
  const Json whole = Json::parse(written);
  Json actual = whole["benchmarks"][0];
  take_over(expected, actual);
  expect_same_json(expected, actual, "");
  // And nothing around it is different.
  EXPECT_EQ(python_json(Json::parse(text)).size(), text.size());
  EXPECT_EQ(python_json(whole), written);
  EXPECT_TRUE(written.starts_with(R"({"benchmarks": [{"type_": "generative_benchmark", )"));
}

}  // namespace millrace
