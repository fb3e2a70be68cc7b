// SPDX-License-Identifier: Apache-2.0
//
// The C interface: engines, streams and workers, and every error of theirs.
#include <cmath>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "millrace/options.hpp"

#include "c_handles.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

millrace_sample_record sample(double value) {
  millrace_sample_record record;
  millrace_sample_record_init(&record);
  record.value = value;
  return record;
}

TEST(CApi, TellsItsVersion) {
  EXPECT_EQ(millrace_abi_version(), unsigned{MILLRACE_C_ABI_VERSION});
  EXPECT_STRNE(millrace_version(), "");
  for (int code = MILLRACE_OK; code <= MILLRACE_ERROR_FAILED; ++code) {
    EXPECT_STRNE(millrace_code_text(code), "unknown");
  }
  EXPECT_STREQ(millrace_code_text(99), "unknown");
  EXPECT_STREQ(millrace_code_text(-1), "unknown");
}

TEST(CApi, DefaultsAreThoseOfCpp) {
  millrace_options o;
  ASSERT_EQ(millrace_options_init(&o, sizeof o), MILLRACE_OK);
  const EngineOptions d;
  EXPECT_EQ(o.ring_blocks, d.ring_blocks);
  EXPECT_EQ(o.workers_max, d.workers_max);
  EXPECT_EQ(o.flush_interval_ns, d.flush_interval.count());
  EXPECT_EQ(o.exact_memory_bytes, d.exact_memory_bytes);
  EXPECT_EQ(o.segment_bytes, d.segment_bytes);
  EXPECT_EQ(o.log_sync_interval_ns, 1'000'000'000);
  EXPECT_EQ(o.ring_files, 1u);
  EXPECT_EQ(std::vector<double>(o.percentiles, o.percentiles + o.percentiles_size), d.percentiles);
  EXPECT_EQ(std::vector<double>(o.live_percentiles, o.live_percentiles + o.live_percentiles_size),
            d.live_percentiles);
}

TEST(CApi, RunsFromOpenToSummary) {
  const CEngine engine = c_open();
  EXPECT_STREQ(millrace_notice(engine.get()), "");
  millrace_stream* stream = c_stream(engine, "values", MILLRACE_RECORD_SAMPLE);
  const CWorker worker = c_worker(stream, sizeof(millrace_sample_record));
  EXPECT_EQ(millrace_worker_id(worker.get()), 1u);
  for (int i = 1; i <= 1000; ++i) {
    const auto record = sample(i);
    ASSERT_TRUE(millrace_push(worker.get(), &record));
  }
  EXPECT_EQ(millrace_worker_accepted(worker.get()), 1000u);
  ASSERT_EQ(millrace_flush(engine.get(), nullptr), MILLRACE_OK);
  const CSummary summary = c_finish(engine);
  const millrace_query query = c_query("values", "value");
  const double ps[] = {50, 99};
  double values[2], errors[2];
  ASSERT_EQ(millrace_summary_percentiles(summary.get(), &query, ps, 2, values, errors, nullptr),
            MILLRACE_OK);
  EXPECT_EQ(values[0], 500);
  EXPECT_EQ(values[1], 990);
  EXPECT_EQ(errors[0], 0);
  auto accounting = sized<millrace_accounting>();
  ASSERT_EQ(millrace_summary_accounting(summary.get(), &accounting, nullptr), MILLRACE_OK);
  EXPECT_EQ(accounting.accepted, 1000u);
  EXPECT_EQ(accounting.attempted, accounting.accepted + accounting.rejected);
  EXPECT_EQ(accounting.in_flight, 0u);
  EXPECT_GT(accounting.elapsed_ns, 0);
}

TEST(CApi, ManyRecordsInOneCallAreSoManyPushes) {
  const CEngine engine = c_open();
  const CWorker worker =
      c_worker(c_stream(engine, "values", MILLRACE_RECORD_SAMPLE), sizeof(millrace_sample_record));
  std::vector<millrace_sample_record> records;
  for (int i = 0; i < 3000; ++i) records.push_back(sample(i));  // more than a block
  EXPECT_EQ(millrace_push_many(worker.get(), records.data(), records.size()), records.size());
  EXPECT_EQ(millrace_push_many(worker.get(), records.data(), 0), 0u);
  const CSummary summary = c_finish(engine);
  const millrace_query query = c_query("values", "value");
  auto numbers = sized<millrace_metric_numbers>();
  ASSERT_EQ(millrace_summary_metric(summary.get(), &query, &numbers, nullptr), MILLRACE_OK);
  EXPECT_EQ(numbers.count, 3000u);
  EXPECT_EQ(numbers.sum, 2999 * 1500);
  EXPECT_EQ(numbers.max, 2999);
  // Each is tried, and counted.
  EXPECT_EQ(millrace_push_many(worker.get(), records.data(), 10), 0u);
  auto rejected = sized<millrace_rejected>();
  ASSERT_EQ(millrace_worker_rejected(worker.get(), &rejected, nullptr), MILLRACE_OK);
  EXPECT_EQ(rejected.closed, 10u);
}

TEST(CApi, ClaimGivesABlankRecordAndCommitPushesIt) {
  const CEngine engine = c_open();
  const CWorker worker = c_worker(c_stream(engine, "requests", MILLRACE_RECORD_REQUEST),
                                  sizeof(millrace_request_record));
  EXPECT_FALSE(millrace_commit(worker.get()));
  for (int i = 0; i < 2; ++i) {
    auto* record = static_cast<millrace_request_record*>(millrace_claim(worker.get()));
    ASSERT_NE(record, nullptr);
    millrace_request_record blank;
    millrace_request_record_init(&blank);
    EXPECT_EQ(std::memcmp(record, &blank, sizeof blank), 0);
    record->start_ns = 1;
    record->end_ns = 3;
    EXPECT_FALSE(millrace_push(worker.get(), &blank));  // between claim and commit
    EXPECT_EQ(millrace_claim(worker.get()), record);
    EXPECT_EQ(record->start_ns, MILLRACE_ABSENT_TIME);  // blank again
    record->start_ns = 1;
    record->end_ns = 3;
    EXPECT_TRUE(millrace_commit(worker.get()));
  }
  auto rejected = sized<millrace_rejected>();
  ASSERT_EQ(millrace_worker_rejected(worker.get(), &rejected, nullptr), MILLRACE_OK);
  EXPECT_EQ(rejected.reentrant, 2u);
  const CSummary summary = c_finish(engine);
  const millrace_query query = c_query("requests", "latency");
  auto numbers = sized<millrace_metric_numbers>();
  ASSERT_EQ(millrace_summary_metric(summary.get(), &query, &numbers, nullptr), MILLRACE_OK);
  EXPECT_EQ(numbers.count, 2u);
  EXPECT_EQ(numbers.mean, 2);
  EXPECT_EQ(numbers.unit, unsigned{MILLRACE_UNIT_NANOSECONDS});
}

TEST(CApi, ThreadsHaveAWorkerEach) {
  const CEngine engine = c_open();
  millrace_stream* stream = c_stream(engine, "values", MILLRACE_RECORD_SAMPLE);
  std::vector<std::uint64_t> accepted(2);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 2; ++t) {
      threads.emplace_back([&, t] {
        const CWorker worker = c_worker(stream, sizeof(millrace_sample_record));
        for (int i = 0; i < 20'000; ++i) {
          const auto record = sample(i);
          millrace_push(worker.get(), &record);
        }
        accepted[t] = millrace_worker_accepted(worker.get());
      });
    }
  }
  const CSummary summary = c_finish(engine);
  auto accounting = sized<millrace_accounting>();
  ASSERT_EQ(millrace_summary_accounting(summary.get(), &accounting, nullptr), MILLRACE_OK);
  EXPECT_EQ(accounting.attempted, 40'000u);
  EXPECT_EQ(accounting.accepted, accepted[0] + accepted[1]);
  EXPECT_EQ(accounting.aggregated, accounting.accepted);
}

TEST(CApi, AFullRingRefusesAndCounts) {
  millrace_options options;
  ASSERT_EQ(millrace_options_init(&options, sizeof options), MILLRACE_OK);
  options.ring_blocks = 2;
  options.ring_records_min = 0;
  const CEngine engine = c_open(&options);
  const CWorker worker =
      c_worker(c_stream(engine, "values", MILLRACE_RECORD_SAMPLE), sizeof(millrace_sample_record));
  const std::vector<millrace_sample_record> records(200'000, sample(1));
  const std::size_t taken = millrace_push_many(worker.get(), records.data(), records.size());
  auto rejected = sized<millrace_rejected>();
  ASSERT_EQ(millrace_worker_rejected(worker.get(), &rejected, nullptr), MILLRACE_OK);
  EXPECT_GT(rejected.full, 0u);
  EXPECT_EQ(taken + rejected.full, records.size());
}

TEST(CApi, AfterFinishEverythingIsRefusedAndNothingBreaks) {
  CEngine engine = c_open();
  millrace_stream* stream = c_stream(engine, "values", MILLRACE_RECORD_SAMPLE);
  const CWorker worker = c_worker(stream, sizeof(millrace_sample_record));
  const auto record = sample(1);
  ASSERT_TRUE(millrace_push(worker.get(), &record));
  const CSummary first = c_finish(engine);
  const CSummary second = c_finish(engine);
  std::uint64_t a = 0, b = 1;
  EXPECT_EQ(millrace_summary_digest(first.get(), &a, nullptr), MILLRACE_OK);
  EXPECT_EQ(millrace_summary_digest(second.get(), &b, nullptr), MILLRACE_OK);
  EXPECT_EQ(a, b);

  Said said;
  EXPECT_FALSE(millrace_push(worker.get(), &record));
  EXPECT_EQ(millrace_claim(worker.get()), nullptr);
  millrace_worker* late = worker.get();
  EXPECT_EQ(millrace_worker_open(stream, sizeof record, &late, &said.error), MILLRACE_ERROR_CLOSED);
  EXPECT_EQ(late, nullptr);
  EXPECT_EQ(said.error.code, MILLRACE_ERROR_CLOSED);
  EXPECT_NE(said.text(), "");
  millrace_stream* too_late = stream;
  EXPECT_EQ(millrace_stream_open(engine.get(), "more", c_schema(MILLRACE_RECORD_SAMPLE).get(),
                                 nullptr, &too_late, &said.error),
            MILLRACE_ERROR_CLOSED);
  EXPECT_EQ(too_late, nullptr);
  EXPECT_EQ(millrace_flush(engine.get(), &said.error), MILLRACE_OK);  // all is aggregated

  engine.reset();
  EXPECT_FALSE(millrace_push(worker.get(), &record));  // a worker outlives its engine
  EXPECT_EQ(millrace_worker_accepted(worker.get()), 1u);
}

TEST(CApi, EveryNullIsAnErrorOrNothing) {
  millrace_error* const none = nullptr;
  const int invalid = MILLRACE_ERROR_INVALID_ARGUMENT;
  EXPECT_EQ(millrace_options_init(nullptr, sizeof(millrace_options)), invalid);
  EXPECT_EQ(millrace_open(nullptr, nullptr, none), invalid);
  EXPECT_STREQ(millrace_notice(nullptr), "");
  EXPECT_EQ(millrace_memory_bound(nullptr, nullptr, none), invalid);
  EXPECT_EQ(millrace_stream_open(nullptr, nullptr, nullptr, nullptr, nullptr, none), invalid);
  EXPECT_EQ(millrace_label(nullptr, "a"), 0);
  EXPECT_EQ(millrace_error_class(nullptr, "a"), 0);
  EXPECT_EQ(millrace_observe(nullptr, nullptr, nullptr, nullptr, nullptr, none), invalid);
  EXPECT_EQ(millrace_flush(nullptr, none), invalid);
  EXPECT_EQ(millrace_finish(nullptr, nullptr, none), invalid);
  EXPECT_EQ(millrace_worker_open(nullptr, 24, nullptr, none), invalid);
  EXPECT_FALSE(millrace_push(nullptr, nullptr));
  EXPECT_EQ(millrace_push_many(nullptr, nullptr, 5), 0u);
  EXPECT_EQ(millrace_claim(nullptr), nullptr);
  EXPECT_FALSE(millrace_commit(nullptr));
  EXPECT_EQ(millrace_worker_id(nullptr), 0u);
  EXPECT_EQ(millrace_worker_accepted(nullptr), 0u);
  EXPECT_EQ(millrace_worker_rejected(nullptr, nullptr, none), invalid);
  EXPECT_EQ(millrace_snapshot_take(nullptr, nullptr, none), invalid);
  millrace_generation_record_init(nullptr);
  millrace_request_record_init(nullptr);
  millrace_sample_record_init(nullptr);
  millrace_modality_record_init(nullptr);
  millrace_close(nullptr);
  millrace_worker_close(nullptr);
  millrace_schema_free(nullptr);
  millrace_snapshot_free(nullptr);
  millrace_summary_free(nullptr);
  millrace_text_free(nullptr);

  const CEngine engine = c_open();
  const CSchema schema = c_schema(MILLRACE_RECORD_SAMPLE);
  millrace_stream* stream = nullptr;
  EXPECT_EQ(millrace_stream_open(engine.get(), nullptr, schema.get(), nullptr, &stream, none),
            invalid);
  EXPECT_EQ(millrace_stream_open(engine.get(), "a", nullptr, nullptr, &stream, none), invalid);
  EXPECT_EQ(millrace_stream_open(engine.get(), "a", schema.get(), nullptr, nullptr, none), invalid);
  ASSERT_EQ(millrace_stream_open(engine.get(), "a", schema.get(), nullptr, &stream, none),
            MILLRACE_OK);
  EXPECT_EQ(millrace_worker_open(stream, 24, nullptr, none), invalid);
  const CWorker worker = c_worker(stream, 24);
  EXPECT_FALSE(millrace_push(worker.get(), nullptr));
  EXPECT_EQ(millrace_push_many(worker.get(), nullptr, 3), 0u);
  EXPECT_EQ(millrace_worker_rejected(worker.get(), nullptr, none), invalid);
  EXPECT_EQ(millrace_observe(engine.get(), "a", "value", nullptr, nullptr, none), invalid);
  EXPECT_EQ(millrace_memory_bound(engine.get(), nullptr, none), invalid);
  EXPECT_EQ(millrace_label(engine.get(), nullptr), 0);
  EXPECT_EQ(millrace_label(engine.get(), ""), 0);
  EXPECT_EQ(millrace_finish(engine.get(), nullptr, none),
            MILLRACE_OK);  // numbers that are not wanted
}

TEST(CApi, WhatCannotBeServedIsSaid) {
  TemporaryFolder folder;
  Said said;
  millrace_options options;
  millrace_engine* engine = nullptr;
  const auto refused = [&](const auto& change) {
    EXPECT_EQ(millrace_options_init(&options, sizeof options), MILLRACE_OK);
    change();
    EXPECT_NE(millrace_open(&options, &engine, &said.error), MILLRACE_OK);
    EXPECT_EQ(engine, nullptr);
    return said.error.code;
  };
  EXPECT_EQ(refused([&] { options.ring_blocks = 1; }), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(said.text(), "engine: ring_blocks is 1; 2 to 4096");
  EXPECT_EQ(refused([&] { options.overflow = 7; }), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(said.text(), "options: overflow is 7, which is none of its constants, 0 to 1");
  EXPECT_EQ(refused([&] { options.idle = 3; }), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(refused([&] { options.log_sync = 3; }), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(refused([&] { options.log_write = 2; }), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(refused([&] { options.low_memory = 2; }), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(refused([&] { options.reserved = 1; }), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(refused([&] { options.low_memory = 1; }),
            MILLRACE_ERROR_INVALID_ARGUMENT);  // without a log
  EXPECT_EQ(refused([&] { options.percentiles = nullptr; }), MILLRACE_ERROR_INVALID_ARGUMENT);
  const double beyond[] = {101};
  EXPECT_EQ(refused([&] { options.live_percentiles = beyond, options.live_percentiles_size = 1; }),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  const std::string nowhere = folder / "no/such/folder";
  EXPECT_EQ(refused([&] { options.log_dir = nowhere.c_str(); }), MILLRACE_ERROR_IO);

  ASSERT_EQ(millrace_options_init(&options, sizeof options), MILLRACE_OK);
  options.workers_max = 1;
  const CEngine good = c_open(&options);
  millrace_stream* stream = c_stream(good, "values", MILLRACE_RECORD_SAMPLE);
  millrace_stream* other = nullptr;
  EXPECT_EQ(millrace_stream_open(good.get(), "values", c_schema(MILLRACE_RECORD_SAMPLE).get(),
                                 nullptr, &other, &said.error),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(other, nullptr);
  millrace_worker* worker = nullptr;
  EXPECT_EQ(millrace_worker_open(stream, 16, &worker, &said.error),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(said.text(), "worker: records of 16 bytes; the stream's schema has 24");
  const CWorker only = c_worker(stream, 24);
  EXPECT_EQ(millrace_worker_open(stream, 24, &worker, &said.error), MILLRACE_ERROR_LIMIT);
  EXPECT_EQ(worker, nullptr);

  auto limit = sized<millrace_limit>();
  limit.metric = "no such metric";
  auto limited = sized<millrace_stream_options>();
  limited.goodput = &limit;
  limited.goodput_size = 1;
  EXPECT_NE(millrace_stream_open(good.get(), "more", c_schema(MILLRACE_RECORD_SAMPLE).get(),
                                 &limited, &other, &said.error),
            MILLRACE_OK);
  limit.metric = nullptr;
  EXPECT_EQ(millrace_stream_open(good.get(), "more", c_schema(MILLRACE_RECORD_SAMPLE).get(),
                                 &limited, &other, &said.error),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  limited.goodput = nullptr;
  EXPECT_EQ(millrace_stream_open(good.get(), "more", c_schema(MILLRACE_RECORD_SAMPLE).get(),
                                 &limited, &other, &said.error),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_observe(
                good.get(), "none", "value", [](const double*, std::size_t, void*) {}, nullptr,
                &said.error),
            MILLRACE_ERROR_NOT_FOUND);
  EXPECT_EQ(millrace_flush(good.get(), &said.error), MILLRACE_OK);
  EXPECT_EQ(said.error.code, MILLRACE_OK);  // and what was said before is gone
  EXPECT_EQ(said.text(), "");
}

TEST(CApi, NamesAreNumbersAndOverflowIsOther) {
  const CEngine engine = c_open();
  const auto a = millrace_label(engine.get(), "a");
  EXPECT_NE(a, 0);
  EXPECT_EQ(millrace_label(engine.get(), "a"), a);
  EXPECT_NE(millrace_label(engine.get(), "b"), a);
  EXPECT_NE(millrace_error_class(engine.get(), "timeout"), 0);
  auto memory = sized<millrace_memory>();
  ASSERT_EQ(millrace_memory_bound(engine.get(), &memory, nullptr), MILLRACE_OK);
  EXPECT_EQ(memory.total,
            memory.rings + memory.values + memory.labels + memory.log_pages + memory.passes);
}

TEST(CApi, AnObserverSeesTheValuesInOrder) {
  std::vector<double> seen;
  CEngine engine = c_open();
  millrace_stream* stream = c_stream(engine, "values", MILLRACE_RECORD_SAMPLE);
  const auto keep = [](const double* values, std::size_t count, void* context) {
    auto& all = *static_cast<std::vector<double>*>(context);
    all.insert(all.end(), values, values + count);
  };
  ASSERT_EQ(millrace_observe(engine.get(), "values", "value", keep, &seen, nullptr), MILLRACE_OK);
  const CWorker worker = c_worker(stream, sizeof(millrace_sample_record));
  std::vector<double> pushed;
  for (int i = 0; i < 2000; ++i) {
    const auto record = sample(i * 7 % 101);
    if (millrace_push(worker.get(), &record)) pushed.push_back(record.value);
  }
  engine.reset();
  EXPECT_EQ(seen, pushed);
}

TEST(CApi, AForkedChildIsRefused) {
  const CEngine engine = c_open();
  millrace_stream* stream = c_stream(engine, "values", MILLRACE_RECORD_SAMPLE);
  const CWorker worker = c_worker(stream, sizeof(millrace_sample_record));
  const auto record = sample(1);
  ASSERT_TRUE(millrace_push(worker.get(), &record));
  const pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    auto rejected = sized<millrace_rejected>();
    millrace_snapshot* snapshot = nullptr;
    const bool good =
        !millrace_push(worker.get(), &record) && millrace_claim(worker.get()) == nullptr &&
        millrace_worker_rejected(worker.get(), &rejected, nullptr) == MILLRACE_OK &&
        rejected.forked == 2 &&
        millrace_snapshot_take(engine.get(), &snapshot, nullptr) == MILLRACE_ERROR_FAILED &&
        millrace_flush(engine.get(), nullptr) == MILLRACE_ERROR_CLOSED &&
        millrace_label(engine.get(), "a") == 0;
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(millrace_push(worker.get(), &record));
}

}  // namespace
}  // namespace millrace
