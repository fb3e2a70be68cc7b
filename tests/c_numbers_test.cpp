// SPDX-License-Identifier: Apache-2.0
//
// Numbers through the C interface: those of C++, to the bit; live, final, and of replays.
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "millrace/millrace.hpp"

#include "c_api/handles.hpp"
#include "c_handles.hpp"
#include "replayed.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

// The same bytes are both languages' record.
std::vector<RequestRecord> made_up(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<RequestRecord> records(count);
  for (RequestRecord& r : records) {
    r.start_ns = static_cast<std::int64_t>(random() % 1'000'000'000);
    r.end_ns = r.start_ns + static_cast<std::int64_t>(random() % 50'000'000);
    if (random() % 3 == 0)
      r.first_byte_ns = r.start_ns + static_cast<std::int64_t>(random() % 1'000'000);
    r.bytes_received = static_cast<std::int64_t>(random() % 100'000);
    r.status = random() % 10 == 0 ? Status::error : Status::ok;
    r.label = static_cast<std::uint16_t>(2 + random() % 2);
    if (r.status == Status::error) r.error_class = 2;
  }
  return records;
}

std::uint64_t digest_of(const CSummary& summary) {
  std::uint64_t digest = 0;
  EXPECT_EQ(millrace_summary_digest(summary.get(), &digest, nullptr), MILLRACE_OK);
  return digest;
}

CSummary c_replay(const std::string& input, const millrace_replay_options* options = nullptr) {
  const char* const inputs[] = {input.c_str()};
  Said said;
  millrace_summary* summary = nullptr;
  EXPECT_EQ(millrace_replay(inputs, 1, options, &summary, &said.error), MILLRACE_OK) << said.text();
  return CSummary(summary);
}

// A run through C: two threads, a worker each.
CSummary run_through_c(const CEngine& engine) {
  millrace_stream* stream = c_stream(engine, "requests", MILLRACE_RECORD_REQUEST);
  EXPECT_EQ(millrace_label(engine.get(), "get"), 2);
  EXPECT_EQ(millrace_label(engine.get(), "put"), 3);
  EXPECT_EQ(millrace_error_class(engine.get(), "timeout"), 2);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 2; ++t) {
      threads.emplace_back([stream, t] {
        const CWorker worker = c_worker(stream, sizeof(RequestRecord));
        const auto records = made_up(20'000, t);
        for (std::size_t i = 0; i < 10'000; ++i)
          EXPECT_TRUE(millrace_push(worker.get(), &records[i]));
        EXPECT_EQ(millrace_push_many(worker.get(), &records[10'000], 10'000), 10'000u);
      });
    }
  }
  return c_finish(engine);
}

// Every number of the metric, asked for both ways.
void expect_same(const millrace_summary* c, const Summary& cpp, const char* metric,
                 std::uint32_t select, const char* label) {
  SCOPED_TRACE(testing::Message() << metric << " " << select << " "
                                  << (label == nullptr ? "all" : label));
  auto query = c_query("requests", metric);
  query.select = select;
  query.label = label;
  Selection selection;
  if (select != MILLRACE_SELECT_ALL) selection.status = static_cast<Status>(select - 1);
  if (label != nullptr) selection.label = label;
  const MetricSummary m = cpp["requests"].metric(metric, selection);
  auto n = sized<millrace_metric_numbers>();
  ASSERT_EQ(millrace_summary_metric(c, &query, &n, nullptr), MILLRACE_OK);
  EXPECT_EQ(n.count, m.count());
  EXPECT_EQ(n.absent, m.absent());
  EXPECT_EQ(n.invalid, m.invalid());
  const std::pair<double, double> doubles[] = {{n.sum, m.sum()},
                                               {n.mean, m.mean()},
                                               {n.variance, m.variance()},
                                               {n.deviation, m.deviation()},
                                               {n.skewness, m.skewness()},
                                               {n.kurtosis, m.kurtosis()},
                                               {n.min, m.min()},
                                               {n.max, m.max()},
                                               {n.relative_error, m.relative_error()}};
  for (const auto& [of_c, of_cpp] : doubles) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(of_c), std::bit_cast<std::uint64_t>(of_cpp));
  }
  EXPECT_EQ(n.exact != 0, m.exact());
  const double ps[] = {0, 50, 99, 99.9, 100};
  for (std::uint32_t rule = 0; rule <= MILLRACE_RULE_EXCLUSIVE_CLAMPED; ++rule) {
    query.rule = rule;
    double values[5], errors[5];
    ASSERT_EQ(millrace_summary_percentiles(c, &query, ps, 5, values, errors, nullptr), MILLRACE_OK);
    for (std::size_t i = 0; i < 5; ++i) {
      const auto p = m.percentile(ps[i], static_cast<Rule>(rule));
      if (!p) {
        EXPECT_TRUE(std::isnan(values[i]));
        continue;
      }
      EXPECT_EQ(std::bit_cast<std::uint64_t>(values[i]), std::bit_cast<std::uint64_t>(p->value));
      EXPECT_EQ(errors[i], p->relative_error);
    }
  }
}

TEST(CNumbers, AreThoseOfCppToTheBit) {
  TemporaryFolder folder;
  CEngine engine = c_open_with_log(folder / "run");
  const CSummary summary = run_through_c(engine);
  engine.reset();  // a summary outlives it
  const Summary& cpp = summary->summary;
  for (const char* metric : {"latency", "time_to_first_byte", "bytes_received", "response_time"}) {
    for (std::uint32_t select = 0; select <= MILLRACE_SELECT_INCOMPLETE; ++select) {
      for (const char* label : {static_cast<const char*>(nullptr), "get", "put", "", "none"}) {
        expect_same(summary.get(), cpp, metric, select, label);
      }
    }
  }
  EXPECT_EQ(digest_of(summary), cpp.digest());
  // And those of the log, read by C++ and by C.
  const LogReplay of_cpp = replay_of(folder / "run");
  EXPECT_TRUE(of_cpp.whole());
  EXPECT_EQ(of_cpp.summary.digest(), cpp.digest());
  const CSummary of_c = c_replay(folder / "run");
  EXPECT_EQ(digest_of(of_c), cpp.digest());
  expect_same(of_c.get(), cpp, "latency", MILLRACE_SELECT_ALL, nullptr);
  auto losses = sized<millrace_losses>();
  ASSERT_EQ(millrace_replay_losses(of_c.get(), &losses, nullptr), MILLRACE_OK);
  EXPECT_EQ(losses.whole, 1u);
  EXPECT_EQ(losses.closed, 1u);
  EXPECT_EQ(losses.alive, 0u);
  EXPECT_EQ(losses.records, 40'000u);
  EXPECT_EQ(millrace_replay_losses(summary.get(), &losses, nullptr), MILLRACE_ERROR_NOT_FOUND);
}

TEST(CNumbers, TheSameRecordsThroughCppGiveTheSameBits) {
  // One slice in both: fewer records than wait for none.
  const auto records = made_up(200, 7);
  auto cpp = Engine::open({.flush_interval = std::chrono::seconds(10)}).value();
  auto cpp_worker = cpp.stream<RequestRecord>("requests").value().worker().value();
  for (const auto* name : {"get", "put"}) (void)cpp.label(name);
  for (const RequestRecord& record : records) ASSERT_TRUE(cpp_worker.push(record));
  const Summary of_cpp = cpp.finish().value();

  millrace_options options;
  ASSERT_EQ(millrace_options_init(&options, sizeof options), MILLRACE_OK);
  options.flush_interval_ns = 10'000'000'000;
  const CEngine engine = c_open(&options);
  const CWorker worker =
      c_worker(c_stream(engine, "requests", MILLRACE_RECORD_REQUEST), sizeof(RequestRecord));
  for (const auto* name : {"get", "put"}) (void)millrace_label(engine.get(), name);
  for (const RequestRecord& record : records) ASSERT_TRUE(millrace_push(worker.get(), &record));
  const CSummary of_c = c_finish(engine);
  for (const char* metric : {"latency", "bytes_received"}) {
    auto query = c_query("requests", metric);
    auto n = sized<millrace_metric_numbers>();
    ASSERT_EQ(millrace_summary_metric(of_c.get(), &query, &n, nullptr), MILLRACE_OK);
    const MetricSummary m = of_cpp["requests"].metric(metric);
    EXPECT_EQ(n.count, m.count());
    EXPECT_EQ(n.sum, m.sum());
    EXPECT_EQ(n.min, m.min());
    EXPECT_EQ(n.max, m.max());
    const double p = 99;
    double value = 0;
    ASSERT_EQ(millrace_summary_percentiles(of_c.get(), &query, &p, 1, &value, nullptr, nullptr),
              MILLRACE_OK);
    EXPECT_EQ(value, m.percentile(99)->value);
  }
}

TEST(CNumbers, ALogOfCppIsReplayedThroughC) {
  TemporaryFolder folder;
  std::uint64_t digest = 0;
  {
    auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = folder / "run"}).value();
    for (const auto* name : {"get", "put"}) (void)engine.label(name);
    (void)engine.error_class("timeout");
    auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
    for (const RequestRecord& record : made_up(5'000, 3)) ASSERT_TRUE(worker.push(record));
    digest = engine.finish().value().digest();
  }
  std::uint64_t calls = 0;
  auto options = sized<millrace_replay_options>();
  options.threads = 2;
  options.progress = [](std::uint64_t, std::uint64_t, void* context) {
    ++*static_cast<std::uint64_t*>(context);
    return true;
  };
  options.context = &calls;
  EXPECT_EQ(digest_of(c_replay(folder / "run", &options)), digest);
  EXPECT_GT(calls, 0u);
}

TEST(CNumbers, NamesComeInOrder) {
  TemporaryFolder folder;
  const CEngine engine = c_open();
  const CSummary summary = run_through_c(engine);
  const millrace_summary* s = summary.get();
  EXPECT_STREQ(millrace_summary_stream_name(s, 0), "requests");
  EXPECT_EQ(millrace_summary_stream_name(s, 1), nullptr);
  std::vector<std::string> metrics;
  for (std::size_t i = 0; const char* name = millrace_summary_metric_name(s, "requests", i); ++i) {
    metrics.emplace_back(name);
  }
  EXPECT_EQ(metrics, (std::vector<std::string>{"latency", "response_time", "time_to_first_byte",
                                               "bytes_sent", "bytes_received"}));
  std::vector<std::string> labels;
  for (std::size_t i = 0; const char* name = millrace_summary_label_name(s, "requests", i); ++i) {
    labels.emplace_back(name);
  }
  EXPECT_EQ(labels, summary->summary["requests"].labels());
  EXPECT_EQ(labels.size(), 2u);
  std::uint64_t records = 0;
  EXPECT_STREQ(millrace_summary_error_name(s, "requests", 0, &records), "timeout");
  EXPECT_GT(records, 0u);
  EXPECT_EQ(millrace_summary_error_name(s, "requests", 1, nullptr), nullptr);
  EXPECT_EQ(millrace_summary_metric_name(s, "none", 0), nullptr);
  EXPECT_EQ(millrace_summary_label_name(s, nullptr, 0), nullptr);
  EXPECT_EQ(millrace_summary_error_name(nullptr, "requests", 0, nullptr), nullptr);
  EXPECT_EQ(millrace_summary_stream_name(nullptr, 0), nullptr);
}

TEST(CNumbers, StreamsHaveCountsTimesAndGoodput) {
  const CEngine engine = c_open();
  auto limit = sized<millrace_limit>();
  limit.metric = "latency";
  limit.at_most = 1000;
  auto options = sized<millrace_stream_options>();
  options.goodput = &limit;
  options.goodput_size = 1;
  options.warmup_ns = 100;
  options.start_given = 1;
  millrace_stream* stream = c_stream(engine, "requests", MILLRACE_RECORD_REQUEST, &options);
  const CWorker worker = c_worker(stream, sizeof(millrace_request_record));
  millrace_request_record record;
  millrace_request_record_init(&record);
  for (const std::int64_t end : {50, 1'500, 2'500, 700}) {
    record.start_ns = end < 100 ? 0 : 500;
    record.end_ns = end;
    ASSERT_TRUE(millrace_push(worker.get(), &record));
  }
  const auto check = [&](const auto& ask) {
    const millrace_query query = c_query("requests");
    auto n = sized<millrace_stream_numbers>();
    EXPECT_EQ(ask(&query, &n), MILLRACE_OK);
    EXPECT_EQ(n.count, 3u);
    EXPECT_EQ(n.by_status[MILLRACE_STATUS_OK], 3u);
    EXPECT_EQ(n.before, 1u);
    EXPECT_EQ(n.first_start_ns, 500);
    EXPECT_EQ(n.last_end_ns, 2'500);
    return n;
  };
  millrace_snapshot* taken = nullptr;
  ASSERT_EQ(millrace_snapshot_take(engine.get(), &taken, nullptr), MILLRACE_OK);
  const CSnapshot live(taken);
  const auto of_live =
      check([&](auto* q, auto* n) { return millrace_snapshot_stream(live.get(), q, n, nullptr); });
  EXPECT_EQ(of_live.good, MILLRACE_NO_COUNT);
  const CSummary summary = c_finish(engine);
  const auto of_all = check(
      [&](auto* q, auto* n) { return millrace_summary_stream(summary.get(), q, n, nullptr); });
  EXPECT_EQ(of_all.good, 2u);
  char* text = nullptr;
  ASSERT_EQ(millrace_summary_report(summary.get(), nullptr, &text, nullptr, nullptr), MILLRACE_OK);
  EXPECT_NE(std::string(text).find("goodput  2 of 3"), std::string::npos) << text;
  millrace_text_free(text);
}

TEST(CNumbers, ASnapshotIsLive) {
  TemporaryFolder folder;
  const CEngine engine = c_open_with_log(folder / "run");
  const CWorker worker =
      c_worker(c_stream(engine, "values", MILLRACE_RECORD_SAMPLE), sizeof(SampleRecord));
  const auto take = [&] {
    millrace_snapshot* taken = nullptr;
    EXPECT_EQ(millrace_snapshot_take(engine.get(), &taken, nullptr), MILLRACE_OK);
    return CSnapshot(taken);
  };
  auto query = c_query("values", "value");
  double value = 0, relative_error = -1;
  const CSnapshot empty = take();
  auto n = sized<millrace_metric_numbers>();
  ASSERT_EQ(millrace_snapshot_metric(empty.get(), &query, &n, nullptr), MILLRACE_OK);
  EXPECT_EQ(n.count, 0u);
  EXPECT_TRUE(std::isnan(n.mean));
  ASSERT_EQ(millrace_snapshot_percentile(empty.get(), &query, 99, &value, nullptr, nullptr),
            MILLRACE_OK);
  EXPECT_TRUE(std::isnan(value));

  for (int i = 1; i <= 1000; ++i) {
    const SampleRecord record{.value = static_cast<double>(i)};
    ASSERT_TRUE(millrace_push(worker.get(), &record));
  }
  const CSnapshot full = take();
  ASSERT_EQ(millrace_snapshot_metric(full.get(), &query, &n, nullptr), MILLRACE_OK);
  EXPECT_EQ(n.count, 1000u);
  EXPECT_EQ(n.mean, 500.5);
  EXPECT_NEAR(n.variance, 83'333.25, 1e-6);
  EXPECT_GT(n.relative_error, 0);
  EXPECT_EQ(n.exact, 0u);
  ASSERT_EQ(millrace_snapshot_percentile(full.get(), &query, 99, &value, &relative_error, nullptr),
            MILLRACE_OK);
  EXPECT_NEAR(value, 990, 990 * relative_error);
  auto accounting = sized<millrace_accounting>();
  ASSERT_EQ(millrace_snapshot_accounting(full.get(), &accounting, nullptr), MILLRACE_OK);
  EXPECT_EQ(accounting.aggregated, 1000u);
  auto log = sized<millrace_log_account>();
  ASSERT_EQ(millrace_snapshot_log(full.get(), &log, nullptr), MILLRACE_OK);
  EXPECT_EQ(std::string(log.dir), folder / "run");
  EXPECT_STREQ(log.error, "");

  Said said;
  EXPECT_EQ(millrace_snapshot_percentile(full.get(), &query, 42, &value, nullptr, &said.error),
            MILLRACE_ERROR_NOT_FOUND);
  query.rule = MILLRACE_RULE_LINEAR;
  EXPECT_EQ(millrace_snapshot_percentile(full.get(), &query, 99, &value, nullptr, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  query.rule = 0;
  query.select = MILLRACE_SELECT_OK;
  EXPECT_EQ(millrace_snapshot_metric(full.get(), &query, &n, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  query = c_query("values", "none");
  EXPECT_EQ(millrace_snapshot_metric(full.get(), &query, &n, nullptr), MILLRACE_ERROR_NOT_FOUND);
  query = c_query("none", "value");
  EXPECT_EQ(millrace_snapshot_metric(full.get(), &query, &n, nullptr), MILLRACE_ERROR_NOT_FOUND);
}

}  // namespace
}  // namespace millrace
