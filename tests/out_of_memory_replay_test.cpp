// SPDX-License-Identifier: Apache-2.0
//
// Memory runs out while a log is read, as in out_of_memory_test: replay, the questions that its summary
// is asked, recovery at the next open, and the passes of finish() give what they give with memory, or an
// error, and can be asked again. MILLRACE_OOM=full: at every allocation, else at some.
#include <filesystem>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

#include "ingest/file_replay.hpp"
#include "ingest/guidellm_format.hpp"
#include "memory_fault.hpp"
#include "own_process.hpp"
#include "record/caught.hpp"
#include "replay/log_replay.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

using Times = MemoryFault::Times;

EngineOptions small(const std::string& dir) {
  return {.overflow = Overflow::wait,
          .ring_blocks = 4,
          .ring_records_min = 0,
          .log_dir = dir,
          .append_log = true,
          .segment_bytes = 256 << 10};
}

void load(Engine& engine, int records) {
  auto stream = engine.stream<RequestRecord>("requests", {.goodput = {{"latency", 5e4}}}).value();
  auto worker = stream.worker().value();
  std::uint16_t labels[5];
  for (int i = 0; i < 5; ++i) labels[i] = engine.label("label number " + std::to_string(i));
  const std::uint16_t error = engine.error_class("timeout");
  for (int i = 0; i < records; ++i) {
    RequestRecord record{.label = labels[i % 5], .start_ns = i, .end_ns = i + 7919 * i % 100'003};
    if (i % 9 == 0) record.status = Status::error, record.error_class = error;
    ASSERT_TRUE(worker.push(record));
  }
}

// Two runs, the second killed with records in its rings.
void make_log(const std::string& dir) {
  {
    auto engine = Engine::open(small(dir)).value();
    load(engine, 10'000);
    ASSERT_TRUE(engine.finish());
  }
  const pid_t child = ::fork();
  if (child == 0) {
    EngineOptions options = small(dir);
    options.ring_blocks = 64;
    options.idle = Idle::sleep;
    options.flush_interval = std::chrono::seconds(10);
    auto engine = Engine::open(options).value();
    load(engine, 5'000);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Result<LogReplay> replay(const std::string& dir, unsigned threads = 1) {
  return replay_logs(std::vector<std::string>{dir}, {.run = "all", .threads = threads});
}

// attempt(n) for n = 1, 2, .. until it says that the fault did not come.
void sweep(const std::function<bool(std::uint64_t n)>& attempt) {
  Places places(32);
  for (bool came = true; came && !testing::Test::HasFailure();) {
    const std::uint64_t n = places.next();
    SCOPED_TRACE(testing::Message() << "n = " << n);
    const std::size_t open_before = descriptors();
    came = attempt(n);
    EXPECT_EQ(descriptors(), open_before);
  }
  EXPECT_GT(places.n(), 100u) << "allocations";
  std::printf("%llu places, seed %llu\n", static_cast<unsigned long long>(places.n() - 1),
              static_cast<unsigned long long>(places.seed()));
}

class OutOfMemoryReplay : public testing::TestWithParam<Times> {};
INSTANTIATE_TEST_SUITE_P(, OutOfMemoryReplay, testing::Values(Times::once, Times::for_good),
                         [](const auto& parameter) {
                           return parameter.param == Times::once ? "Once" : "ForGood";
                         });

TEST_P(OutOfMemoryReplay, OfALogAndOfRingsIsRightOrAnError) {
  const TemporaryFolder folder = TemporaryFolder::in_memory();
  const std::string dir = folder / "run";
  make_log(dir);
  const LogReplay whole = replay(dir).value();
  ASSERT_EQ(whole.runs.size(), 2u);
  ASSERT_GT(whole.runs[0].segments, 2u);
  ASSERT_GT(whole.runs[1].from_rings, 1000u);
  for (const unsigned threads : {1u, 3u}) {
    const std::vector<std::string> dirs = {dir};
    LogReplayOptions options{.run = "all", .threads = threads};
    sweep([&](std::uint64_t n) {
      MemoryFault fault(n, GetParam());
      auto read = in_library([&] { return replay_logs(dirs, options); });
      fault.over();
      if (!read) {
        EXPECT_FALSE(read.error().message.empty());
      } else {
        EXPECT_EQ(read->summary.digest(), whole.summary.digest());
        EXPECT_TRUE(read->whole());
      }
      return fault.fired();
    });
  }
}

// A thread that ends in the middle of a piece leaves two places, of requests and of what follows them; the
// others' records wait behind both.
TEST_P(OutOfMemoryReplay, OfAFileWithAFurtherStreamIsRightOrAnErrorAndEnds) {
  const TemporaryFolder folder = TemporaryFolder::in_memory();
  const std::string path = folder / "requests.jsonl";
  {
    std::ofstream out(path);
    for (int i = 0; i < 4'000; ++i) {
      out << R"({"request_id":")" << i << R"(","benchmark_name":"rate )" << i / 500
          << R"(","info":{"status":"completed","timings":{"request_start":)" << i
          << R"(.5}},"input_metrics":{"image_pixels":)" << i % 1'000 << "}}\n";
    }
  }
  FileReplayOptions options;
  options.threads = 3;
  options.further_stream = true;
  const LineFormat format = guidellm_format();
  options.engine.ring_blocks = 2;
  options.engine.ring_records_min = 0;
  sweep([&](std::uint64_t n) {
    auto reader = PieceReader::open({path}, {.piece_bytes = 5'000}).value();
    MemoryFault fault(n, GetParam());
    auto read =
        in_library([&] { return caught([&] { return replay_pieces(*reader, format, options); }); });
    fault.over();
    if (!read) {
      EXPECT_FALSE(read.error().message.empty());
    } else {
      EXPECT_EQ(read->records + read->damaged, 4'000u);  // a line without memory is a damaged one
      if (read->damaged == 0) {
        EXPECT_EQ(read->summary["modalities"].metric("input_image_pixels").sum(), 4 * 499'500.0);
      }
    }
    return fault.fired();
  });
}

TEST_P(OutOfMemoryReplay, OfItsSummaryAQuestionIsAnsweredOrThrowsAndChangesNothing) {
  const TemporaryFolder folder = TemporaryFolder::in_memory();
  make_log(folder / "run");
  const auto answers = [](const Summary& summary) {
    const StreamSummary& requests = summary["requests"];
    std::vector<double> all;
    for (const std::string& label : requests.labels()) {
      const auto metric = requests.metric("latency", {.status = Status::ok, .label = label});
      all.push_back(metric.percentile(37.5)->value);  // not prepared: a pass over the log
      all.push_back(metric.mean());
    }
    all.push_back(static_cast<double>(summary.digest()));
    return all;
  };
  const auto expected = answers(replay(folder / "run").value().summary);
  sweep([&](std::uint64_t n) {
    const LogReplay read = replay(folder / "run").value();
    MemoryFault fault(n, GetParam());
    try {
      EXPECT_EQ(in_library([&] { return answers(read.summary); }), expected);
    } catch (const std::bad_alloc&) {
      EXPECT_TRUE(fault.fired());
    }
    fault.over();
    EXPECT_EQ(answers(read.summary), expected);
    return fault.fired();
  });
}

TEST_P(OutOfMemoryReplay, OfRingsAtTheNextOpenRecoversThemOrIsAnErrorAndLosesNothing) {
  const TemporaryFolder folder = TemporaryFolder::in_memory();
  make_log(folder / "run");
  const std::uint64_t digest = replay(folder / "run").value().summary.digest();
  sweep([&](std::uint64_t n) {
    const TemporaryFolder copy = TemporaryFolder::in_memory();
    const std::string dir = copy / "run";
    std::filesystem::copy(folder / "run", dir);
    EngineOptions options = small(dir);
    MemoryFault fault(n, GetParam());
    auto opened = in_library([&] { return Engine::open(std::move(options)); });
    fault.over();
    if (!opened) {
      EXPECT_EQ(opened.error().code, Errc::out_of_memory) << opened.error().message;
      const LogReplay read = replay(dir).value();
      EXPECT_EQ(read.runs.size(), 2u);
      EXPECT_EQ(read.summary.digest(), digest);
      opened = Engine::open(small(dir));
    }
    EXPECT_TRUE(opened.value().finish());
    const LogReplay read = replay(dir).value();
    EXPECT_TRUE(read.whole());
    EXPECT_EQ(read.runs.at(0).records, 10'000u);
    EXPECT_EQ(read.runs.at(1).records, 5'000u);
    EXPECT_EQ(read.runs.at(1).from_rings, 0u);
    return fault.fired();
  });
}

TEST_P(OutOfMemoryReplay, OfALowMemoryRunAtItsFinishIsRightOrAnErrorAndCanBeAskedAgain) {
  sweep([&](std::uint64_t n) {
    const TemporaryFolder folder = TemporaryFolder::in_memory();
    EngineOptions options = small(folder / "run");
    options.low_memory = true;
    auto engine = Engine::open(options).value();
    load(engine, 3'000);
    EXPECT_TRUE(engine.flush());
    MemoryFault fault(n, GetParam());
    auto summary = in_library([&] { return engine.finish(); });
    fault.over();
    if (!summary) {
      EXPECT_FALSE(summary.error().message.empty());
      summary = engine.finish();
    }
    if (!summary) {
      EXPECT_EQ(summary.error().code, Errc::failed);  // the aggregator had none
    } else {
      EXPECT_EQ(summary->accounting().aggregated, 3'000u);
      EXPECT_EQ((*summary)["requests"].count(), 3'000u);
    }
    { const Engine closed = std::move(engine); }
    const LogReplay read = replay(folder / "run").value();
    EXPECT_EQ(read.runs.at(0).records, 3'000u)
        << read.runs[0].unlogged << " unlogged, " << read.runs[0].missing << " missing, "
        << read.runs[0].from_rings << " from rings: " << (summary ? summary->log()->error : "");
    if (summary && summary->log()->error.empty()) {
      EXPECT_EQ(summary->digest(), read.summary.digest());
    }
    return fault.fired();
  });
}

}  // namespace
}  // namespace millrace
