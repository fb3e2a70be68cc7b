// SPDX-License-Identifier: Apache-2.0
//
// Run directories of llmeter: whole, killed, damaged, hand-made; reading and writing them.
#include "ingest/llmeter_run.hpp"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "ingest/file_replay.hpp"
#include "ingest/llmeter_dimension.hpp"
#include "ingest/llmeter_format.hpp"
#include "ingest/llmeter_json.hpp"
#include "report/llmeter_files.hpp"
#include "report/llmeter_stats.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kTwoLines =
    R"({"response_text": "a", "time_to_first_token": 0.5, "time_to_last_token": 2.5, )"
    R"("num_tokens_input": 3, "num_tokens_output": 5, "error": null, )"
    R"("request_time": "2026-01-01T00:00:02Z"})"
    "\n"
    R"({"response_text": null, "time_to_first_token": null, "time_to_last_token": null, )"
    R"("num_tokens_input": 4, "num_tokens_output": null, "error": "", )"
    R"("request_time": "2026-01-01T00:00:01.25Z"})"
    "\n";

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "llmeter_run_XXXXXX").string();
    dir = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(dir, ignored);
  }
  void write(const char* name, std::string_view text) const {
    std::ofstream(dir / name, std::ios::binary) << text;
  }
  void write_gzip(const char* name, const std::string& text) const {
    gzFile file = gzopen((dir / name).c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
  }
  [[nodiscard]] std::string read(const char* name) const {
    std::ifstream in(dir / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path dir;
};

FileReplay replay(const LlmeterRun& run) {
  return replay_files({run.responses->string()}, llmeter_format(true), {}).value();
}

std::string all_notes(const LlmeterRun& run) {
  std::string all;
  for (const std::string& note : run.notes) all += note + "\n";
  return all;
}

TEST(LlmeterRun, IsADirectoryWithOneOfItsFiles) {
  for (const char* name : {"responses.jsonl", "responses.jsonl.gz", "responses.jsonl.zst",
                           "summary.json", "stats.json"}) {
    Folder folder;
    EXPECT_FALSE(is_llmeter_run(folder.dir));
    folder.write(name, "{}");
    EXPECT_TRUE(is_llmeter_run(folder.dir)) << name;
    EXPECT_FALSE(is_llmeter_run(folder.dir / name)) << "a file is no run";
  }
  EXPECT_FALSE(is_llmeter_run("/no/such/directory"));
}

TEST(LlmeterRun, IsNotFoundInAnEmptyDirectory) {
  Folder folder;
  const auto run = open_llmeter_run(folder.dir);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::not_found);
}

TEST(LlmeterRun, TakesItsFieldsFromTheSummary) {
  Folder folder;
  folder.write("summary.json", R"({"run_name": "r", "clients": 3, "total_test_time": 2.5,
      "start_time": "2026-01-01T02:00:00+02:00", "end_time": "2026-01-01T00:00:00.5",
      "first_request_time": "soon"})");
  const auto run = open_llmeter_run(folder.dir);
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_FALSE(run->recovered);
  EXPECT_FALSE(run->responses);
  EXPECT_EQ(run->fields["clients"], 3);
  EXPECT_EQ(run->fields["run_name"], "r");
  EXPECT_TRUE(run->fields["n_requests"].is_null());
  EXPECT_EQ(run->fields["output_path"], folder.dir.string()) << "missing: the directory";
  EXPECT_EQ(run->fields["start_time"], "2026-01-01T00:00:00+00:00");
  EXPECT_EQ(run->fields["end_time"], "2026-01-01T00:00:00.500000") << "no zone stays no zone";
  EXPECT_EQ(run->fields["first_request_time"], "soon") << "no date stays text";
  EXPECT_EQ(number_of(run->fields, "total_test_time"), 2.5);
  EXPECT_EQ(time_ns_of(run->fields, "start_time"), 1'767'225'600'000'000'000);
  EXPECT_EQ(time_ns_of(run->fields, "first_request_time"), std::nullopt);
  EXPECT_EQ(run->fields.begin().key(), "total_requests") << "llmeter's order, not the file's";
}

TEST(LlmeterRun, NotesKeysOfTheSummaryThatItDoesNotKnow) {
  Folder folder;
  folder.write("summary.json", R"({"total_requests": 1, "flavour": "x", "colour": 2})");
  const auto run = open_llmeter_run(folder.dir);
  ASSERT_TRUE(run);
  EXPECT_NE(all_notes(*run).find("flavour, colour"), std::string::npos);
  EXPECT_FALSE(run->fields.contains("flavour"));
}

TEST(LlmeterRun, RecoversAKilledRunFromItsRecords) {
  Folder folder;
  folder.write("responses.jsonl", kTwoLines);
  folder.write("run_config.json", R"({"clients": 3, "n_requests": 4, "run_name": "rn",
      "endpoint": {"model_id": "m", "provider": "p"}})");
  auto run = open_llmeter_run(folder.dir);
  ASSERT_TRUE(run);
  ASSERT_TRUE(run->recovered);
  run->recover(replay(*run).summary["requests"]);
  EXPECT_EQ(run->fields["total_requests"], 2);
  EXPECT_EQ(run->fields["clients"], 3);
  EXPECT_EQ(run->fields["model_id"], "m");
  EXPECT_EQ(run->fields["start_time"], "2026-01-01T00:00:01.250000+00:00");
  EXPECT_EQ(run->fields["end_time"], "2026-01-01T00:00:02+00:00");
  EXPECT_TRUE(run->fields["total_test_time"].is_null());
}

TEST(LlmeterRun, RecoversWhereSummaryAndConfigurationAreBroken) {
  Folder folder;
  folder.write("responses.jsonl", kTwoLines);
  folder.write("summary.json", R"({"total_requests": 99,)");
  folder.write("run_config.json", "[]");
  auto run = open_llmeter_run(folder.dir);
  ASSERT_TRUE(run);
  run->recover(replay(*run).summary["requests"]);
  EXPECT_EQ(run->fields["total_requests"], 2);
  EXPECT_EQ(run->fields["clients"], 1);
  EXPECT_NE(all_notes(*run).find("summary.json"), std::string::npos) << all_notes(*run);
  EXPECT_NE(all_notes(*run).find("run_config.json"), std::string::npos);
}

TEST(LlmeterRun, LeavesATornLastLineOutAndCountsIt) {
  Folder folder;
  folder.write("responses.jsonl", std::string(kTwoLines) + R"({"response_text": "o)");
  auto run = open_llmeter_run(folder.dir);
  ASSERT_TRUE(run);
  const FileReplay replayed = replay(*run);
  run->recover(replayed.summary["requests"]);
  EXPECT_EQ(replayed.torn, 1u);
  EXPECT_EQ(replayed.damaged, 1u);
  EXPECT_EQ(run->fields["total_requests"], 2);
}

TEST(LlmeterRun, ToleratesBrokenStatistics) {
  Folder folder;
  folder.write("responses.jsonl", kTwoLines);
  folder.write("stats.json", "{no");
  const auto run = open_llmeter_run(folder.dir);
  ASSERT_TRUE(run);
  EXPECT_FALSE(run->stats);
  EXPECT_NE(all_notes(*run).find("stats.json"), std::string::npos);
  EXPECT_EQ(llmeter_load_lazy(*run)["total_input_tokens"], 0) << "as of no records";
}

TEST(LlmeterRun, KeepsContributedStatisticsBesideRecomputedOnes) {
  Folder folder;
  folder.write("responses.jsonl", kTwoLines);
  folder.write("stats.json", R"({"failed_requests": 99, "cost": NaN, "interrupted": true})");
  auto run = open_llmeter_run(folder.dir);
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->interrupted);
  const FileReplay replayed = replay(*run);
  run->recover(replayed.summary["requests"]);
  const Json full = llmeter_load_full(*run, &replayed.summary["requests"]);
  EXPECT_EQ(full["failed_requests"], 1) << "the empty error text is a failure";
  EXPECT_EQ(full["failed_requests_rate"], 0.5);
  EXPECT_EQ(full["total_input_tokens"], 7);
  EXPECT_EQ(full["num_tokens_input-average"], 3.5) << "failed requests count";
  EXPECT_TRUE(std::isnan(full["cost"].get<double>()));
  EXPECT_EQ(full["interrupted"], true);
  EXPECT_EQ(llmeter_load_lazy(*run)["failed_requests"], 99) << "stats.json as it is";
}

TEST(LlmeterRun, GivesNullForARateWhoseCountIsUnknown) {
  Folder folder;
  folder.write("summary.json", R"({"total_test_time": 10})");
  const auto run = open_llmeter_run(folder.dir);
  ASSERT_TRUE(run);
  EXPECT_TRUE(llmeter_load_full(*run, nullptr)["requests_per_minute"].is_null());
}

// llmeter's rule is every number but NaN: what comes out is what Python's arithmetic gives.
TEST(LlmeterRun, CountsInfiniteNegativeAndZeroValues) {
  Folder folder;
  folder.write("responses.jsonl", R"({"response_text": "", "time_to_last_token": Infinity}
{"response_text": "", "time_to_last_token": -1}
{"response_text": "", "time_to_last_token": 0}
{"response_text": "", "time_to_last_token": NaN}
)");
  const auto run = open_llmeter_run(folder.dir);
  const FileReplay replayed = replay(*run);
  const Json stats = llmeter_stats(llmeter_numbers(replayed.summary["requests"]));
  EXPECT_EQ(stats["time_to_last_token-average"], std::numeric_limits<double>::infinity());
  EXPECT_EQ(stats["time_to_last_token-p50"], 0);
  EXPECT_EQ(replayed.notes.nonfinite_words, 2u);

  const auto sound = replay_files({run->responses->string()}, llmeter_format(false), {}).value();
  const MetricSummary metric = sound.summary["requests"].metric("time_to_last_token");
  EXPECT_EQ(metric.count(), 1u);
  EXPECT_EQ(metric.invalid(), 2u);
  EXPECT_EQ(metric.absent(), 1u);
}

TEST(LlmeterDimension, IsAColumnInFileOrder) {
  Folder folder;
  folder.write_gzip("responses.jsonl.gz", std::string(kTwoLines) + "\n{bad\n" + kTwoLines);
  const auto run = open_llmeter_run(folder.dir);
  ASSERT_TRUE(run && run->responses);
  const auto ttlt = llmeter_dimension(*run, "time_to_last_token");
  ASSERT_TRUE(ttlt) << ttlt.error().message;
  ASSERT_EQ(ttlt->size(), 4u);
  EXPECT_EQ((*ttlt)[0], 2.5);
  EXPECT_TRUE(std::isnan((*ttlt)[1])) << "absent, but in its place";
  EXPECT_EQ((*ttlt)[2], 2.5);
  EXPECT_EQ(llmeter_dimension(*run, "time_per_output_token").value()[0], 0.5) << "derived";
}

TEST(LlmeterDimension, TakesAFilter) {
  Folder folder;
  folder.write("responses.jsonl", kTwoLines);
  const auto run = open_llmeter_run(folder.dir);
  const auto failed = llmeter_dimension(
      *run, "num_tokens_input", [](const LlmeterRecord& r) { return r.status == Status::error; });
  EXPECT_EQ(failed.value(), std::vector<double>{4});
}

TEST(LlmeterDimension, SaysWhatIsNotThere) {
  Folder folder;
  folder.write("stats.json", "{}");
  const auto run = open_llmeter_run(folder.dir);
  EXPECT_EQ(llmeter_dimension(*run, "time_to_last_token").error().code, Errc::not_found);
  EXPECT_EQ(llmeter_dimension(*run, "flavour").error().code, Errc::not_found);
}

TEST(SaveLlmeterRun, WritesLlmetersThreeFiles) {
  Folder from, to;
  from.write("responses.jsonl", kTwoLines);
  from.write("summary.json", R"({"total_requests": 2, "start_time": "2026-01-01T00:00:01.25Z"})");
  const auto run = open_llmeter_run(from.dir);
  const Json stats = {{"failed_requests_rate", 0.5}, {"start_time", "2026-01-01T01:00:01.9+01:00"}};
  const auto saved = save_llmeter_run(to.dir / "new" / "run", {run->fields, stats, run->responses});
  ASSERT_TRUE(saved) << saved.error().message;

  Folder there;
  fs::remove_all(there.dir);
  fs::rename(to.dir / "new" / "run", there.dir);
  EXPECT_EQ(there.read("responses.jsonl"), kTwoLines);
  EXPECT_EQ(
      there.read("stats.json"),
      "{\n    \"failed_requests_rate\": 0.5,\n    \"start_time\": \"2026-01-01T00:00:01Z\"\n}");
  EXPECT_NE(there.read("summary.json").find("\"start_time\": \"2026-01-01T00:00:01Z\","),
            std::string::npos)
      << there.read("summary.json");
  const auto again = open_llmeter_run(there.dir);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->fields["total_requests"], 2);
  EXPECT_EQ(std::distance(fs::directory_iterator(there.dir), fs::directory_iterator()), 3)
      << "nothing else is left";
}

TEST(SaveLlmeterRun, UnpacksResponses) {
  Folder from, to;
  from.write_gzip("responses.jsonl.gz", kTwoLines);
  const auto run = open_llmeter_run(from.dir);
  ASSERT_TRUE(save_llmeter_run(to.dir, {run->fields, Json::object(), run->responses}));
  EXPECT_EQ(to.read("responses.jsonl"), kTwoLines);
}

TEST(SaveLlmeterRun, LeavesTheSameResponsesAlone) {
  Folder folder, packed;
  folder.write("responses.jsonl", kTwoLines);
  packed.write_gzip("responses.jsonl.gz", kTwoLines);
  const auto run = open_llmeter_run(folder.dir);
  EXPECT_TRUE(save_llmeter_run(folder.dir, {run->fields, Json::object(), run->responses}));
  EXPECT_TRUE(save_llmeter_run(folder.dir,
                               {run->fields, Json::object(), packed.dir / "responses.jsonl.gz"}));
  EXPECT_EQ(folder.read("responses.jsonl"), kTwoLines);
}

TEST(SaveLlmeterRun, RefusesToMixTwoRuns) {
  Folder one, other;
  one.write("responses.jsonl", kTwoLines);
  other.write("responses.jsonl", "{\"response_text\": \"other\"}\n");
  const auto run = open_llmeter_run(one.dir);
  for (const auto& responses : {run->responses, std::optional<fs::path>()}) {
    const auto saved = save_llmeter_run(other.dir, {run->fields, Json::object(), responses});
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, Errc::invalid_argument);
  }
  EXPECT_FALSE(fs::exists(other.dir / "summary.json")) << "nothing is written";
  EXPECT_EQ(other.read("responses.jsonl"), "{\"response_text\": \"other\"}\n");
}

TEST(SaveLlmeterRun, KeepsContributedStatisticsUntilTheNextLoad) {
  Folder from, to;
  from.write("responses.jsonl", kTwoLines);
  auto run = open_llmeter_run(from.dir);
  const FileReplay replayed = replay(*run);
  run->recover(replayed.summary["requests"]);
  Json stats = llmeter_load_full(*run, &replayed.summary["requests"]);
  ASSERT_TRUE(contribute_llmeter_stats({{"cost_total", 1.25}}, stats));
  ASSERT_TRUE(save_llmeter_run(to.dir, {run->fields, stats, run->responses}));

  const auto again = open_llmeter_run(to.dir);
  ASSERT_TRUE(again);
  const FileReplay once_more = replay(*again);
  EXPECT_EQ(llmeter_load_full(*again, &once_more.summary["requests"])["cost_total"], 1.25);
  EXPECT_EQ(llmeter_load_lazy(*again)["cost_total"], 1.25);
}

TEST(SaveLlmeterRun, SaysWhatTheSystemSays) {
  Folder folder;
  folder.write("file", "");
  const auto saved = save_llmeter_run(folder.dir / "file", {});
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, Errc::io);
}

TEST(PythonJsonReader, ReadsWhatPythonWrites) {
  const auto good = read_python_json(
      R"({"a": NaN, "b": [Infinity, -Infinity , 1, -2.5e3, true], "c": {"d": null},)"
      R"("a": 18446744073709551615, "e": "\u00e9", "f": 1.0})");
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->begin().key(), "a") << "a key's first place, its last value";
  EXPECT_EQ((*good)["a"], 18446744073709551615u);
  EXPECT_TRUE(std::isinf((*good)["b"][0].get<double>()));
  EXPECT_LT((*good)["b"][1].get<double>(), 0);
  EXPECT_TRUE((*good)["b"][2].is_number_integer());
  EXPECT_TRUE((*good)["f"].is_number_float());
  EXPECT_EQ((*good)["e"], "\u00e9");
}

TEST(PythonJsonReader, RefusesWhatIsNoObjectOrTooMuch) {
  for (const char* bad :
       {"", "1", "[]", "{", "{}}", "{\"a\"}", "{\"a\": tru}", "{\"a\": 1x}", "{} {}"}) {
    EXPECT_FALSE(read_python_json(bad)) << bad;
  }
  const std::string deep = std::string(1'000, '[') + std::string(1'000, ']');
  EXPECT_FALSE(read_python_json("{\"a\": " + deep + "}"));
  EXPECT_EQ(read_python_json(std::string(2 << 20, ' ')).error().code, Errc::limit);
}

}  // namespace
}  // namespace millrace
