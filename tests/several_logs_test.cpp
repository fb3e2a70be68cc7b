// SPDX-License-Identifier: Apache-2.0
//
// Several logs are replayed as their concatenation: to the numbers and the digest of one folder that holds
// the same runs, in the order in which the folders are named. Names are merged, whatever their numbers;
// what cannot be merged, and what would count twice, is an error.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "log/format.hpp"
#include "log/log_folder.hpp"
#include "record/crc32c.hpp"
#include "replay/log_replay.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

using Dirs = std::vector<std::string>;

// A segment as it would be under another number in another log: what seals it depends on both.
std::string renumbered(std::string bytes, const Id128& log_id, std::uint64_t shift) {
  log::SegmentHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.log_id = log_id;
  header.segment += shift;
  log::seal(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::uint32_t crcs = 0;
  for (std::size_t at = sizeof header; at < bytes.size();) {
    log::FrameHeader frame;
    std::memcpy(&frame, bytes.data() + at, sizeof frame);
    if (log::type_of(frame.commit) == log::FrameType::end) {
      log::EndPayload end;
      char* const payload = bytes.data() + at + sizeof frame;
      std::memcpy(&end, payload, sizeof end);
      end.frames_crc = crcs;
      if (end.next_segment != 0) end.next_segment += shift;
      std::memcpy(payload, &end, sizeof end);
      frame.payload_crc = crc32c(payload, sizeof end);
    }
    frame.header_crc = log::header_crc(frame, log::frame_seed(header.log_id, header.segment, at));
    std::memcpy(bytes.data() + at, &frame, sizeof frame);
    crcs = crc32c(&frame.header_crc, sizeof frame.header_crc, crcs);
    at += log::bytes_of(frame.commit);
  }
  return bytes;
}

// The runs of all folders as one log.
void concatenate(const Dirs& dirs, const std::string& to) {
  std::filesystem::create_directory(to);
  const Id128 log_id = log::LogFolder::list(dirs.front()).value().log_id;
  std::uint64_t shift = 0;
  for (const std::string& dir : dirs) {
    const log::LogFolder folder = log::LogFolder::list(dir).value();
    for (const log::SegmentPath& segment : folder.runs.at(0).segments) {
      std::ifstream file(segment.path, std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(file), {});
      const std::uint64_t number = segment.header.segment + shift;
      std::ofstream(to + "/" + log::segment_name(number), std::ios::binary)
          << renumbered(bytes, log_id, shift);
    }
    shift += folder.next_segment - 1;
  }
}

struct Load {
  std::vector<std::string> labels;  // in the order in which they are named
  std::vector<std::string> errors = {"timeout", "refused"};
  int workers = 2;
  int records = 6'000;  // of each worker
  unsigned seed = 1;
};

Summary make_run(const std::string& dir, const Load& run) {
  auto engine = Engine::open({.overflow = Overflow::wait,
                              .ring_blocks = 4,
                              .ring_records_min = 0,
                              .log_dir = dir,
                              .segment_bytes = 256 << 10})
                    .value();
  auto requests = engine.stream<RequestRecord>("requests", {.goodput = {{"latency", 4e8}}}).value();
  auto values = engine.stream<SampleRecord>("values").value();
  std::vector<std::uint16_t> labels, errors;
  for (const std::string& label : run.labels) labels.push_back(engine.label(label));
  for (const std::string& error : run.errors) errors.push_back(engine.error_class(error));
  std::mt19937_64 random(run.seed);
  for (int w = 0; w < run.workers; ++w) {
    auto worker = requests.worker().value();
    auto gaps = values.worker().value();
    for (int i = 0; i < run.records; ++i) {
      const auto start = static_cast<std::int64_t>(random() % 1'000'000'000'000);
      RequestRecord record{.start_ns = start,
                           .end_ns = start + static_cast<std::int64_t>(random() % 900'000'000),
                           .bytes_sent = static_cast<std::int64_t>(random() % 5000)};
      if (random() % 4 != 0) record.label = labels[random() % labels.size()];
      if (random() % 10 == 0) {
        record.status = Status::error;
        record.error_class = errors[random() % errors.size()];
      }
      EXPECT_TRUE(worker.push(record));
      const SampleRecord gap{.value = static_cast<double>(random()) / 7};
      EXPECT_TRUE(i % 3 != 0 || gaps.push(gap));
    }
  }
  return engine.finish().value();
}

LogReplay replay(const Dirs& dirs, const std::string& run = "all", unsigned threads = 2) {
  auto read = replay_logs(dirs, {.run = run, .threads = threads, .by_label = true});
  EXPECT_TRUE(read) << read.error().message;
  return read ? std::move(*read) : LogReplay{};
}

void expect_same(const LogReplay& a, const LogReplay& b) {
  EXPECT_EQ(a.summary.digest(), b.summary.digest());
  EXPECT_EQ(a.summary.elapsed_ns(), b.summary.elapsed_ns());
  EXPECT_EQ(a.whole(), b.whole());
  const StreamSummary &ours = a.summary["requests"], &theirs = b.summary["requests"];
  EXPECT_EQ(ours.labels(), theirs.labels());
  EXPECT_EQ(ours.errors(), theirs.errors());
  EXPECT_EQ(ours.good(), theirs.good());
  for (const std::string& label : ours.labels()) {
    for (const std::optional<Status> status : {std::optional<Status>(), {Status::error}}) {
      const auto x = ours.metric("latency", {.status = status, .label = label});
      const auto y = theirs.metric("latency", {.status = status, .label = label});
      EXPECT_EQ(x.count(), y.count());
      EXPECT_EQ(x.mean(), y.mean());
      EXPECT_EQ(x.kurtosis(), y.kurtosis());
      EXPECT_EQ(x.percentile(99)->value, y.percentile(99)->value);
    }
  }
}

class SeveralLogs : public testing::Test {
 protected:
  std::string make(const std::string& name, const Load& run) {
    live.push_back(make_run(folder / name, run));
    return folder / name;
  }
  const TemporaryFolder folder;
  std::vector<Summary> live;
};

TEST_F(SeveralLogs, ThreeFoldersAreTheOneThatHoldsTheirRuns) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const Dirs dirs = {make("a", {.labels = {"x", "y"}, .seed = seed}),
                     make("b", {.labels = {"z", "y", "x"},
                                .errors = {"refused", "reset", "timeout"},
                                .workers = 3,
                                .seed = seed + 1}),
                     make("c", {.labels = {"y", "w"}, .records = 100, .seed = seed + 2})};
  const std::string one = folder / "one";
  concatenate(dirs, one);
  const LogReplay joined = replay({one});
  ASSERT_EQ(joined.runs.size(), 3u);
  ASSERT_GT(joined.runs[0].segments, 2u);
  EXPECT_TRUE(joined.whole());
  for (const unsigned threads : {1u, 2u, 5u}) expect_same(replay(dirs, "all", threads), joined);
  std::uint64_t aggregated = 0, ok = 0;
  for (const Summary& summary : live) {
    aggregated += summary.accounting().aggregated;
    ok += summary["requests"].count({.status = Status::ok, .label = "y"});
  }
  EXPECT_EQ(joined.summary.accounting().aggregated, aggregated);
  EXPECT_EQ(joined.summary["requests"].count({.status = Status::ok, .label = "y"}), ok);
}

TEST_F(SeveralLogs, ARunOfTheOneFolderHasTheNumbersThatItHadAlone) {
  const Dirs dirs = {make("a", {.labels = {"x", "y"}}), make("b", {.labels = {"y"}, .seed = 2}),
                     make("c", {.labels = {"w"}, .seed = 3})};
  const std::string one = folder / "one";
  concatenate(dirs, one);
  const log::LogFolder listed = log::LogFolder::list(one).value();
  for (std::size_t run = 0; run < 3; ++run) {
    const LogReplay read = replay({one}, hex(listed.runs.at(run).identity.run));
    expect_same(read, replay({dirs[run]}));
    EXPECT_EQ(read.summary.digest(), live[run].digest());
  }
  expect_same(replay({one}, "last"), replay({dirs[2]}));
}

TEST_F(SeveralLogs, TheOrderIsThatInWhichTheyAreNamed) {
  const std::string a = make("a", {.labels = {"x", "y"}}),
                    b = make("b", {.labels = {"z", "y"}, .seed = 2});
  const auto labels = [](const LogReplay& read) {
    std::vector<std::string> named = read.summary["requests"].labels();
    std::erase(named, "");
    return named;
  };
  const LogReplay forth = replay({a, b}), back = replay({b, a});
  EXPECT_EQ(forth.runs.at(0).dir, a);
  EXPECT_EQ(back.runs.at(0).dir, b);
  const auto first_two = [&](const LogReplay& read) {
    auto named = labels(read);
    named.resize(2);
    std::sort(named.begin(), named.end());
    return named;
  };
  EXPECT_EQ(first_two(forth), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(first_two(back), (std::vector<std::string>{"y", "z"}));
  // Counts and order statistics know no order.
  for (const char* label : {"", "x", "y", "z"}) {
    const auto x = forth.summary["requests"].metric("latency", {.status = {}, .label = label});
    const auto y = back.summary["requests"].metric("latency", {.status = {}, .label = label});
    ASSERT_GT(x.count(), 0u);
    EXPECT_EQ(x.count(), y.count());
    EXPECT_EQ(x.percentile(90)->value, y.percentile(90)->value);
  }
}

TEST_F(SeveralLogs, OneStreamWithTwoSchemasIsAnErrorThatNamesItWhereverTheRunsStand) {
  const auto log_of = [&](const std::string& dir, const char* metric) {
    auto engine = Engine::open({.log_dir = dir, .append_log = true}).value();
    const Schema schema = sample_schema(metric, Unit::none).value();
    auto worker = engine.stream<SampleRecord>("values", schema).value().worker().value();
    EXPECT_TRUE(worker.push({.value = 1}));
    EXPECT_TRUE(engine.finish());
    return dir;
  };
  const Dirs apart = {log_of(folder / "a", "one"), log_of(folder / "b", "another")};
  const Dirs together = {log_of(log_of(folder / "c", "one"), "another")};
  for (const Dirs& dirs : {apart, Dirs{apart[1], apart[0]}, together}) {
    const auto read = replay_logs(dirs, {.run = "all"});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::format);
    EXPECT_NE(read.error().message.find("'values' has another schema"), std::string::npos)
        << read.error().message;
    EXPECT_NE(read.error().message.find("--run"), std::string::npos);
  }
  for (const std::string& dir : {apart[0], apart[1], together[0]}) {
    EXPECT_EQ(replay({dir}, "last").summary["values"].count(), 1u);
  }
}

TEST_F(SeveralLogs, ARunThatIsSplitOverTwoFoldersAddsUpAndIsNotCalledWhole) {
  const std::string a = make("a", {.labels = {"x"}}), b = folder / "b";
  const LogReplay whole = replay({a});
  std::filesystem::create_directory(b);
  for (std::uint64_t number = 2; number <= whole.runs.at(0).segments; ++number) {
    const std::string name = log::segment_name(number);
    std::filesystem::rename(a + "/" + name, b + "/" + name);
  }
  const LogReplay split = replay({a, b});
  EXPECT_EQ(split.summary["requests"].count(), whole.summary["requests"].count());
  EXPECT_EQ(split.runs.at(1).dropped, split.runs.at(0).records);
  EXPECT_FALSE(split.whole());
}

TEST_F(SeveralLogs, ALogThatIsNamedTwiceIsRefused) {
  const std::string a = make("a", {.labels = {"x"}}), copy = folder / "copy";
  std::filesystem::copy(a, copy);
  for (const Dirs& dirs : {Dirs{a, a}, Dirs{a, copy}}) {
    const auto read = replay_logs(dirs, {});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::invalid_argument);
    EXPECT_NE(read.error().message.find("same segment"), std::string::npos) << read.error().message;
  }
}

}  // namespace
}  // namespace millrace
