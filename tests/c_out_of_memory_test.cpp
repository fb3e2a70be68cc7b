// SPDX-License-Identifier: Apache-2.0
//
// Memory runs out in the C interface: the n-th allocation fails, of whichever thread, once or for good, for
// n = 1, 2, 3, .. until a run passes without it. Each call then returns a code with a text, gives no handle, and
// throws nothing. MILLRACE_OOM=full: at every n, else at some.
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "c_handles.hpp"
#include "memory_fault.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

using Times = MemoryFault::Times;

// A call that may fail: a code, a text and no handle; or MILLRACE_OK and one.
template <typename T, typename Call>
T* made(const char* what, Call call) {
  Said said;
  T* handle = nullptr;
  int code = MILLRACE_ERROR_FAILED;
  EXPECT_NO_THROW(code = in_library([&] { return call(&handle, &said.error); })) << what;
  EXPECT_EQ(code == MILLRACE_OK, handle != nullptr) << what;
  EXPECT_EQ(code, said.error.code) << what;
  EXPECT_EQ(code == MILLRACE_OK, said.text().empty()) << what << ": " << said.text();
  return handle;
}

// The same without a handle.
template <typename Call>
void called(const char* what, Call call) {
  Said said;
  int code = MILLRACE_ERROR_FAILED;
  EXPECT_NO_THROW(code = in_library([&] { return call(&said.error); })) << what;
  EXPECT_EQ(code, said.error.code) << what;
  EXPECT_EQ(code == MILLRACE_OK, said.text().empty()) << what << ": " << said.text();
}

void replay(const std::string& dir) {
  const char* const inputs[] = {dir.c_str()};
  const CSummary replayed(made<millrace_summary>(
      "replay", [&](auto** to, auto* e) { return millrace_replay(inputs, 1, nullptr, to, e); }));
  std::uint64_t digest = 0;
  if (replayed) {
    called("digest", [&](auto* e) { return millrace_summary_digest(replayed.get(), &digest, e); });
  }
}

void run(const std::string& dir) {
  millrace_options options;
  ASSERT_EQ(millrace_options_init(&options, sizeof options), MILLRACE_OK);
  options.ring_blocks = 2;
  options.ring_records_min = 0;
  options.log_dir = dir.c_str();
  options.segment_bytes = 256 << 10;
  const CEngine engine(made<millrace_engine>(
      "open", [&](auto** to, auto* e) { return millrace_open(&options, to, e); }));
  const CSchema schema(made<millrace_schema>("schema", [&](auto** to, auto* e) {
    return millrace_schema_builtin(MILLRACE_RECORD_SAMPLE, to, e);
  }));
  if (!engine || !schema) return;
  millrace_stream* stream = made<millrace_stream>("stream", [&](auto** to, auto* e) {
    return millrace_stream_open(engine.get(), "values", schema.get(), nullptr, to, e);
  });
  std::uint16_t label = 0;
  EXPECT_NO_THROW(label = in_library([&] { return millrace_label(engine.get(), "a label"); }));
  if (stream == nullptr) return;
  const CWorker worker(made<millrace_worker>("worker", [&](auto** to, auto* e) {
    return millrace_worker_open(stream, sizeof(millrace_sample_record), to, e);
  }));
  if (worker) {
    millrace_sample_record record;
    millrace_sample_record_init(&record);
    record.label = label;
    for (int i = 0; i < 100; ++i) {
      record.value = i;
      in_library([&] { return millrace_push(worker.get(), &record); });
    }
  }
  const CSnapshot snapshot(made<millrace_snapshot>(
      "snapshot", [&](auto** to, auto* e) { return millrace_snapshot_take(engine.get(), to, e); }));
  called("flush", [&](auto* e) { return millrace_flush(engine.get(), e); });
  const CSummary summary(made<millrace_summary>(
      "finish", [&](auto** to, auto* e) { return millrace_finish(engine.get(), to, e); }));
  if (!summary) return;
  const millrace_query query = c_query("values", "value");
  auto numbers = sized<millrace_metric_numbers>();
  called("metric",
         [&](auto* e) { return millrace_summary_metric(summary.get(), &query, &numbers, e); });
  const double p = 99;
  double value = 0;
  called("percentiles", [&](auto* e) {
    return millrace_summary_percentiles(summary.get(), &query, &p, 1, &value, nullptr, e);
  });
  // Not as JSON: its library takes memory in destructors, and ends the process when there is none.
  for (const std::uint32_t format : {MILLRACE_REPORT_TEXT, MILLRACE_REPORT_HTML}) {
    auto of = sized<millrace_report_options>();
    of.format = format;
    char* text = made<char>("report", [&](auto** to, auto* e) {
      return millrace_summary_report(summary.get(), &of, to, nullptr, e);
    });
    millrace_text_free(text);
  }
}

void read_records(const std::string& dir) {
  auto options = sized<millrace_log_options>();
  std::uint64_t seen = 0;
  options.context = &seen;
  options.visit = [](const millrace_slice* slice, void* context) {
    *static_cast<std::uint64_t*>(context) += slice->count;
    return true;
  };
  millrace_log* log = made<millrace_log>(
      "log", [&](auto** to, auto* e) { return millrace_log_read(dir.c_str(), &options, to, e); });
  if (log == nullptr) return;
  auto losses = sized<millrace_losses>();
  called("losses", [&](auto* e) { return millrace_log_losses(log, &losses, e); });
  EXPECT_EQ(losses.records, seen);
  EXPECT_TRUE(seen == 100 || losses.whole == 0);
  millrace_log_free(log);
}

void numbers_without_records() {
  std::vector<double> numbers(3000);
  std::iota(numbers.begin(), numbers.end(), 0.0);
  millrace_values* values = made<millrace_values>("values", [](auto** to, auto* e) {
    return millrace_values_new(1, std::uint64_t{1} << 26, to, e);
  });
  if (values != nullptr) {
    const std::size_t list = 0;
    const double p = 50;
    double number = 0;
    int rounded = 0;
    called("add", [&](auto* e) {
      return millrace_values_add(values, list, numbers.data(), numbers.size(), e);
    });
    called("percentile", [&](auto* e) {
      return millrace_values_percentiles(values, &list, 1, &p, 1, MILLRACE_RULE_NEAREST_RANK,
                                         &number, e);
    });
    called("mean",
           [&](auto* e) { return millrace_values_mean(values, &list, 1, &number, &rounded, e); });
    millrace_values_free(values);
  }
  std::vector<double> ends = numbers;
  for (double& end : ends) end += 5;
  millrace_distribution* distribution =
      made<millrace_distribution>("concurrency", [&](auto** to, auto* e) {
        return millrace_distribution_of_concurrency(numbers.data(), ends.data(), numbers.size(), 0,
                                                    to, e);
      });
  if (distribution == nullptr) return;
  auto summary = sized<millrace_distribution_numbers>();
  called("summary",
         [&](auto* e) { return millrace_distribution_summary(distribution, &summary, e); });
  millrace_distribution_free(distribution);
}

// The n-th allocation of `work` fails, for n = 1, 2, .. until it passes.
template <typename Work>
void with_failures(const char* what, Times times, const Work& work) {
  Places places(40);
  for (bool fired = true; fired && !testing::Test::HasFailure();) {
    const std::uint64_t n = places.next();
    SCOPED_TRACE(testing::Message() << what << ", allocation " << n << ", seed " << places.seed());
    fired = work(n, times);
  }
}

TEST(COutOfMemory, IsACodeWithATextWhereverItComes) {
  const auto failing = [](const auto& work) {
    return [&work](std::uint64_t n, Times times) {
      MemoryFault fault(n, times);
      work();
      return fault.fired();
    };
  };
  for (const auto times : {Times::once, Times::for_good}) {
    with_failures("a run", times, [](std::uint64_t n, Times when) {
      TemporaryFolder folder = TemporaryFolder::in_memory();
      MemoryFault fault(n, when);
      run(folder / "run");
      return fault.fired();
    });
    TemporaryFolder folder = TemporaryFolder::in_memory();
    const std::string dir = folder / "run";
    run(dir);
    with_failures("its replay", times, failing([&] { replay(dir); }));
    with_failures("its records", times, failing([&] { read_records(dir); }));
    with_failures("numbers", times, failing([] { numbers_without_records(); }));
  }
}

}  // namespace
}  // namespace millrace
