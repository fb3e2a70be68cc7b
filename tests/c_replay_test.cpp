// SPDX-License-Identifier: Apache-2.0
//
// Replays, reports, and the errors of both, through the C interface.
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "c_handles.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

const std::string kData = MILLRACE_TEST_DATA_DIR;

int replay(const std::vector<const char*>& inputs, const millrace_replay_options* options,
           CSummary& summary, Said& said) {
  millrace_summary* made = nullptr;
  const int code = millrace_replay(inputs.data(), inputs.size(), options, &made, &said.error);
  EXPECT_EQ(code == MILLRACE_OK, made != nullptr);
  summary.reset(made);
  return code;
}

millrace_losses losses_of(const CSummary& summary) {
  auto losses = sized<millrace_losses>();
  EXPECT_EQ(millrace_replay_losses(summary.get(), &losses, nullptr), MILLRACE_OK);
  return losses;
}

std::string report(const CSummary& summary, const millrace_report_options* options = nullptr) {
  char* text = nullptr;
  std::size_t size = 0;
  Said said;
  EXPECT_EQ(millrace_summary_report(summary.get(), options, &text, &size, &said.error), MILLRACE_OK)
      << said.text();
  std::string copy(text);
  EXPECT_EQ(copy.size(), size);
  millrace_text_free(text);
  return copy;
}

// A run of `count` samples 1, 2, ..
void write_log(const std::string& dir, int count, bool low_memory = false) {
  millrace_options options;
  ASSERT_EQ(millrace_options_init(&options, sizeof options), MILLRACE_OK);
  options.log_dir = dir.c_str();
  options.low_memory = low_memory;
  const CEngine engine = c_open(&options);
  const CWorker worker =
      c_worker(c_stream(engine, "values", MILLRACE_RECORD_SAMPLE), sizeof(millrace_sample_record));
  millrace_sample_record record;
  millrace_sample_record_init(&record);
  for (int i = 1; i <= count; ++i) {
    record.value = i;
    ASSERT_TRUE(millrace_push(worker.get(), &record));
  }
  const CSummary summary = c_finish(engine);
  auto log = sized<millrace_log_account>();
  ASSERT_EQ(millrace_summary_log(summary.get(), &log, nullptr), MILLRACE_OK);
  EXPECT_EQ(log.logged, static_cast<std::uint64_t>(count));
  if (!low_memory) return;
  // The numbers are exact all the same.
  const millrace_query query = c_query("values", "value");
  const double ps[] = {33};
  EXPECT_EQ(millrace_summary_prepare(summary.get(), ps, 1, MILLRACE_RULE_NEAREST_RANK, 0, nullptr),
            MILLRACE_OK);
  double value = 0, relative_error = 1;
  EXPECT_EQ(
      millrace_summary_percentiles(summary.get(), &query, ps, 1, &value, &relative_error, nullptr),
      MILLRACE_OK);
  EXPECT_EQ(value, std::ceil(0.33 * count));
  EXPECT_EQ(relative_error, 0);
}

TEST(CReplay, OfALogAndItsReports) {
  TemporaryFolder folder;
  const std::string dir = folder / "run";
  write_log(dir, 3000, true);
  Said said;
  CSummary summary;
  ASSERT_EQ(replay({dir.c_str()}, nullptr, summary, said), MILLRACE_OK) << said.text();
  const std::string text = report(summary);
  EXPECT_NE(text.find("3,000 records"), std::string::npos) << text;
  EXPECT_NE(text.find("digest"), std::string::npos) << text;
  auto options = sized<millrace_report_options>();
  options.format = MILLRACE_REPORT_JSON;
  options.by = MILLRACE_BY_STATUS;
  const double ps[] = {75};
  options.percentiles = ps;
  options.percentiles_size = 1;
  EXPECT_NE(report(summary, &options).find("\"p75\""), std::string::npos)
      << report(summary, &options);
  options.format = MILLRACE_REPORT_HTML;
  EXPECT_EQ(report(summary, &options).substr(0, 15), "<!DOCTYPE html>");
}

TEST(CReplay, OfFilesOfOtherTools) {
  Said said;
  CSummary summary;
  const std::string file = kData + "/llmeter/responses.jsonl";
  auto limit = sized<millrace_limit>();
  limit.metric = "time_to_first_token";
  limit.at_most = 0.06;
  auto options = sized<millrace_replay_options>();
  options.goodput = &limit;
  options.goodput_size = 1;
  ASSERT_EQ(replay({file.c_str()}, &options, summary, said), MILLRACE_OK) << said.text();
  auto query = c_query("requests");
  auto numbers = sized<millrace_stream_numbers>();
  ASSERT_EQ(millrace_summary_stream(summary.get(), &query, &numbers, nullptr), MILLRACE_OK);
  EXPECT_EQ(numbers.count, 20u);
  EXPECT_EQ(numbers.by_status[MILLRACE_STATUS_ERROR], 2u);
  EXPECT_EQ(numbers.good, 9u);
  const millrace_losses losses = losses_of(summary);
  EXPECT_EQ(losses.records, 20u);
  EXPECT_EQ(losses.whole, 1u);
  const std::string text = report(summary);
  EXPECT_NE(text.find("goodput  9 of 20"), std::string::npos) << text;
  EXPECT_NE(text.find("input: llmeter"), std::string::npos) << text;
}

TEST(CReplay, OfMappedLinesWithDamage) {
  TemporaryFolder folder;
  const std::string file = folder / "a.jsonl";
  const std::string map = folder / "map.toml";
  std::ofstream(file) << "{\"ms\": 3}\nno json\n{\"ms\": 5}\n";
  std::ofstream(map)
      << "format = \"jsonl\"\n[fields]\nlatency = { path = \"/ms\", unit = \"ms\" }\n";
  auto options = sized<millrace_replay_options>();
  options.map_file = map.c_str();
  Said said;
  CSummary summary;
  ASSERT_EQ(replay({file.c_str()}, &options, summary, said), MILLRACE_OK) << said.text();
  const auto query = c_query("requests", "latency");
  auto numbers = sized<millrace_metric_numbers>();
  ASSERT_EQ(millrace_summary_metric(summary.get(), &query, &numbers, nullptr), MILLRACE_OK);
  EXPECT_EQ(numbers.count, 2u);
  EXPECT_EQ(numbers.mean, 4);
  const millrace_losses losses = losses_of(summary);
  EXPECT_EQ(losses.damaged, 1u);
  EXPECT_EQ(losses.whole, 0u);
}

TEST(CReplay, ProgressMayEndIt) {
  TemporaryFolder folder;
  const std::string dir = folder / "run";
  write_log(dir, 3000);
  auto options = sized<millrace_replay_options>();
  options.progress = [](std::uint64_t, std::uint64_t, void*) { return false; };
  Said said;
  CSummary summary;
  ASSERT_EQ(replay({dir.c_str()}, &options, summary, said), MILLRACE_OK) << said.text();
  const millrace_losses losses = losses_of(summary);
  EXPECT_EQ(losses.interrupted, 1u);
  EXPECT_EQ(losses.whole, 0u);
}

TEST(CReplay, WhatCannotBeReadIsSaid) {
  TemporaryFolder folder;
  const std::string dir = folder / "run";
  write_log(dir, 10);
  const std::string file = kData + "/llmeter/responses.jsonl";
  const std::string other = folder / "other";
  std::ofstream(other) << "hello\n";
  const int invalid = MILLRACE_ERROR_INVALID_ARGUMENT;
  Said said;
  CSummary summary;
  auto options = sized<millrace_replay_options>();
  EXPECT_EQ(replay({(folder / "none").c_str()}, nullptr, summary, said), MILLRACE_ERROR_NOT_FOUND)
      << said.text();
  EXPECT_EQ(replay({other.c_str()}, nullptr, summary, said), MILLRACE_ERROR_FORMAT) << said.text();
  EXPECT_EQ(replay({dir.c_str(), file.c_str()}, nullptr, summary, said), invalid) << said.text();
  EXPECT_EQ(replay({}, nullptr, summary, said), invalid);
  EXPECT_EQ(replay({nullptr}, nullptr, summary, said), invalid);
  options.map_file = "map.toml";
  EXPECT_EQ(replay({dir.c_str()}, &options, summary, said), invalid);
  EXPECT_EQ(replay({file.c_str()}, &options, summary, said), MILLRACE_ERROR_NOT_FOUND)
      << said.text();
  options = sized<millrace_replay_options>();
  options.run = "all";
  EXPECT_EQ(replay({file.c_str()}, &options, summary, said), invalid);
  options.run = "0123456789abcdef";
  EXPECT_EQ(replay({dir.c_str()}, &options, summary, said), MILLRACE_ERROR_NOT_FOUND)
      << said.text();
  options = sized<millrace_replay_options>();
  options.format = "xml";
  EXPECT_EQ(replay({file.c_str()}, &options, summary, said), invalid);
  options = sized<millrace_replay_options>();
  options.rule = 4;
  EXPECT_EQ(replay({file.c_str()}, &options, summary, said), invalid);
  options = sized<millrace_replay_options>();
  options.threads = 257;
  EXPECT_EQ(replay({file.c_str()}, &options, summary, said), invalid);
  options = sized<millrace_replay_options>();
  auto limit = sized<millrace_limit>();
  limit.metric = "none";
  options.goodput = &limit;
  options.goodput_size = 1;
  EXPECT_EQ(replay({file.c_str()}, &options, summary, said), MILLRACE_ERROR_NOT_FOUND);
  EXPECT_EQ(replay({dir.c_str()}, &options, summary, said), MILLRACE_ERROR_NOT_FOUND);
  const char* const inputs[] = {dir.c_str()};
  EXPECT_EQ(millrace_replay(inputs, 1, nullptr, nullptr, nullptr), invalid);
}

TEST(CReplay, QuestionsThatCannotBeAnsweredAreErrors) {
  TemporaryFolder folder;
  const std::string dir = folder / "run";
  write_log(dir, 10);
  Said said;
  CSummary made;
  ASSERT_EQ(replay({dir.c_str()}, nullptr, made, said), MILLRACE_OK);
  const millrace_summary* s = made.get();
  const int invalid = MILLRACE_ERROR_INVALID_ARGUMENT;
  auto numbers = sized<millrace_metric_numbers>();
  const auto ask = [&](const millrace_query& query) {
    return millrace_summary_metric(s, &query, &numbers, &said.error);
  };
  EXPECT_EQ(ask(c_query("none", "value")), MILLRACE_ERROR_NOT_FOUND);
  EXPECT_EQ(ask(c_query("values", "none")), MILLRACE_ERROR_NOT_FOUND);
  EXPECT_EQ(said.text(), "summary: stream 'values' has no metric 'none'");
  EXPECT_EQ(ask(c_query(nullptr, "value")), invalid);
  EXPECT_EQ(ask(c_query("values", nullptr)), invalid);
  auto query = c_query("values", "value");
  query.select = 4;
  EXPECT_EQ(ask(query), invalid);
  query.select = 0;
  query.rule = 4;
  EXPECT_EQ(ask(query), invalid);
  query.rule = 0;
  query.label = "none";
  EXPECT_EQ(ask(query), MILLRACE_OK);  // no records is an answer
  EXPECT_EQ(numbers.count, 0u);
  EXPECT_TRUE(std::isnan(numbers.mean));
  query.label = nullptr;

  double value = 7;
  const double beyond = 100.5, nan = std::nan(""), good = 50;
  EXPECT_EQ(millrace_summary_percentiles(s, &query, &beyond, 1, &value, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_summary_percentiles(s, &query, &nan, 1, &value, nullptr, nullptr), invalid);
  EXPECT_EQ(value, 7);
  EXPECT_EQ(millrace_summary_percentiles(s, &query, nullptr, 1, &value, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_summary_percentiles(s, &query, &good, 1, nullptr, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_summary_percentiles(nullptr, &query, &good, 1, &value, nullptr, nullptr),
            invalid);
  EXPECT_EQ(millrace_summary_percentiles(s, nullptr, &good, 1, &value, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_summary_prepare(s, &good, 1, 9, 0, nullptr), invalid);
  EXPECT_EQ(millrace_summary_prepare(s, &beyond, 1, 0, 0, nullptr), invalid);
  EXPECT_EQ(millrace_summary_prepare(nullptr, &good, 1, 0, 0, nullptr), invalid);

  auto log = sized<millrace_log_account>();
  EXPECT_EQ(millrace_summary_log(s, &log, nullptr), MILLRACE_ERROR_NOT_FOUND);
  EXPECT_EQ(millrace_summary_log(nullptr, &log, nullptr), invalid);
  EXPECT_EQ(millrace_summary_accounting(nullptr, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_summary_digest(s, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_summary_stream(s, &query, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_summary_metric(s, &query, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_replay_losses(s, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_replay_losses(nullptr, nullptr, nullptr), invalid);
  char* text = nullptr;
  EXPECT_EQ(millrace_summary_report(s, nullptr, nullptr, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_summary_report(nullptr, nullptr, &text, nullptr, nullptr), invalid);
  auto report_options = sized<millrace_report_options>();
  report_options.format = 3;
  EXPECT_EQ(millrace_summary_report(s, &report_options, &text, nullptr, nullptr), invalid);
  report_options.format = 0;
  report_options.by = 3;
  EXPECT_EQ(millrace_summary_report(s, &report_options, &text, nullptr, nullptr), invalid);
  report_options.by = 0;
  report_options.percentiles = &beyond;
  report_options.percentiles_size = 1;
  EXPECT_EQ(millrace_summary_report(s, &report_options, &text, nullptr, nullptr), invalid);
  EXPECT_EQ(text, nullptr);
  EXPECT_EQ(millrace_snapshot_accounting(nullptr, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_snapshot_log(nullptr, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_snapshot_stream(nullptr, nullptr, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_snapshot_metric(nullptr, nullptr, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_snapshot_percentile(nullptr, nullptr, 50, nullptr, nullptr, nullptr), invalid);
}

}  // namespace
}  // namespace millrace
