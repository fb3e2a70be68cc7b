// SPDX-License-Identifier: Apache-2.0
//
// guidellm's live lines; their cells are held by seed_vectors_test.
#include "report/guidellm_progress.hpp"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

namespace millrace {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// Two answers and a failure; 20 and 40 tokens.
StreamSnapshot some_requests() {
  auto engine = Engine::open({}).value();
  auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
  for (int i = 0; i < 3; ++i) {
    GenerationRecord r;
    r.intended_start_ns = r.queued_ns = r.dequeued_ns = 0;
    r.scheduled_ns = 2 * kMs;
    r.resolve_start_ns = 5 * kMs;
    r.start_ns = 7 * kMs;
    r.end_ns = 1'007 * kMs;
    r.resolve_end_ns = 1'008 * kMs;
    r.processing_requests = 3 - i;
    r.input_tokens = 100;
    if (i == 2) {
      r.status = Status::error;
    } else {
      r.first_token_ns = 107 * kMs;
      r.last_token_ns = 997 * kMs;
      r.output_tokens = 20 * (i + 1);
    }
    EXPECT_TRUE(worker.push(r));
  }
  EXPECT_TRUE(engine.flush());
  return *engine.snapshot().stream("requests");
}

TEST(GuidellmProgress, ShowsRequestsTokensAndTheScheduler) {
  const GuidellmProgress progress{.name = "constant@2.50", .max_requests = 12, .scheduler = true};
  const auto lines = progress.lines(some_requests(), 2);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "[--:--:--]  25.0% constant@2.50 (running )");
  EXPECT_EQ(
      lines[1],
      "Req:    1.0 req/s,    1.00s Lat,     1.0 Conc,       2 Comp,        0 Inc,        1 Err");
  // 890 ms twice over 19 and 39 gaps; three prompts of 100 tokens.
  EXPECT_EQ(
      lines[2],
      "Tok:   30.0 gen/s,  180.0 tot/s, 100.0ms TTFT,   30.7ms ITL,   100 Prompt,       20 Gen");
  EXPECT_EQ(lines[3],
            "Sys:      5.0ms Work OH,      3.0ms Back OH,      0ms Req Sleep,      7ms Start Del");
}

TEST(GuidellmProgress, GoesByRequestsOrTimeWhicheverIsFurther) {
  const StreamSnapshot stream = some_requests();  // three that are over
  EXPECT_EQ((GuidellmProgress{}.completed(stream, 1)), std::nullopt);
  EXPECT_EQ((GuidellmProgress{.max_requests = 4}.completed(stream, 1)), 750);
  EXPECT_EQ((GuidellmProgress{.max_requests = 2}.completed(stream, 1)), 1000);
  EXPECT_EQ((GuidellmProgress{.max_seconds = 10}.completed(stream, 1)), 100);
  EXPECT_EQ((GuidellmProgress{.max_requests = 4, .max_seconds = 1.25}.completed(stream, 1)), 800);
  EXPECT_EQ((GuidellmProgress{.max_seconds = 10, .over = true}.completed(stream, 1)), 1000);
}

TEST(GuidellmProgress, NamesThePhase) {
  StreamSnapshot stream;
  const auto first = [&](const GuidellmProgress& progress) { return progress.lines(stream, 0)[0]; };
  EXPECT_EQ(first({.name = "x"}), "[--:--:--]  x (pending )");
  stream.phase = Phase::warmup;
  EXPECT_EQ(first({.name = "x"}), "[--:--:--]  x (warmup  )");
  stream.phase = Phase::cooldown;
  EXPECT_EQ(first({.name = "x"}), "[--:--:--]  x (cooldown)");
  EXPECT_EQ(first({.name = "x", .over = true}), "[--:--:--]  x (complete)");
}

TEST(GuidellmProgress, OfOtherRecordsHasTheStatusAlone) {
  EXPECT_EQ(GuidellmProgress{}.lines(StreamSnapshot{}, 1).size(), 1u);
}

}  // namespace
}  // namespace millrace
