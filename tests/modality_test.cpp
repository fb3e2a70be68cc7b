// SPDX-License-Identifier: Apache-2.0
//
// Texts, images, video, audio and tool calls: a stream of its own, joined with the requests.
#include "record/modality.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "replay/generation_replay.hpp"
#include "replay/log_replay.hpp"
#include "replay/modality_join.hpp"
#include "report/guidellm_csv.hpp"
#include "report/guidellm_json.hpp"
#include "report/report_lines.hpp"
#include "stats/modality_summary.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::size_t modality(std::string_view name) {
  for (std::size_t m = 0; m < kModalities.size(); ++m) {
    if (kModalities[m].name == name) return m;
  }
  return kModalities.size();
}

TEST(ModalityRecord, HasItsCountsWhereTheTableSays) {
  const Schema schema = RecordTraits<ModalityRecord>::schema().value();
  EXPECT_TRUE(is_modality(schema));
  EXPECT_FALSE(is_modality(RecordTraits<GenerationRecord>::schema().value()));
  EXPECT_EQ(schema.metrics.size(), 2 * kModalities.size());
  auto engine = Engine::open({}).value();
  auto worker = engine.stream<ModalityRecord>("modalities").value().worker().value();
  ModalityRecord record;
  for (std::size_t m = 0; m < kModalities.size(); ++m) {
    record.input.*kModalities[m].count = static_cast<double>(m);
    record.output.*kModalities[m].count = static_cast<double>(100 + m);
  }
  ASSERT_TRUE(worker.push(record));
  ASSERT_TRUE(worker.push({.input = {.image_count = 2}}));
  const Summary summary = engine.finish().value();
  const StreamSummary& stream = summary["modalities"];
  for (std::size_t m = 0; m < kModalities.size(); ++m) {
    const std::string name = kModalities[m].name;
    EXPECT_EQ(stream.metric("input_" + name).sum(), m + (name == "image_count" ? 2 : 0)) << name;
    EXPECT_EQ(stream.metric("output_" + name).sum(), 100 + m) << name;
    EXPECT_EQ(stream.metric("output_" + name).count(), 1u) << name;
  }
}

TEST(ModalityJoin, BringsTogetherWhatHasOneIdInAnyOrderAndRoom) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const TemporaryFolder folder;
  for (const bool little : {false, true}) {
    SortRoom room(little ? 64 << 10 : std::size_t{64} << 20,
                  std::make_unique<SpillFile>(folder.str()));
    ModalityJoin join(room, folder.str());
    struct Added {
      std::uint64_t id;
      bool request;
    };
    std::vector<Added> order;
    std::map<std::uint64_t, std::pair<int, int>> of_id;  // requests, counts
    for (int i = 0; i < 20'000; ++i) {
      const Added added{random() % 9'000, random() % 2 == 0};
      order.push_back(added);
      ++(added.request ? of_id[added.id].first : of_id[added.id].second);
    }
    for (const auto& [id, request] : order) {
      if (request) {
        const auto ns = static_cast<std::int64_t>(id);
        join.add_request(id, ns, ns + 1, Status::error);
      } else {
        ModalityRecord record{.request_id = id};
        record.input.image_count = static_cast<double>(id);
        join.add(record);
      }
    }
    std::uint64_t matched = 0, unmatched = 0;
    for (const auto& [id, n] : of_id) {
      (n.first == 1 ? matched : unmatched) += static_cast<std::uint64_t>(n.second);
    }
    std::uint64_t visited = 0;
    join.visit([&](const ModalityJoin::Request& request, const ModalityRecord& counts) {
      ++visited;
      EXPECT_EQ(request.start_ns, static_cast<std::int64_t>(counts.request_id));
      EXPECT_EQ(request.status, Status::error);
      EXPECT_EQ(counts.input.image_count, static_cast<double>(counts.request_id));
    });
    EXPECT_EQ(join.failed(), "");
    EXPECT_EQ(visited, matched);
    EXPECT_EQ(join.unmatched(), unmatched);
    EXPECT_EQ(room.spilled_bytes() != 0, little);
  }
}

TEST(ModalitySummary, IsOfValuesRatesAndWhatIsUnderWay) {
  SortRoom room;
  ModalitySummarizer summarizer(0, room);
  ModalityRecord counts;
  counts.input.image_count = 3;
  summarizer.add(0, 2 * kSecond, Status::ok, counts);
  counts.input.image_count = 1;
  counts.output.image_count = 2;
  summarizer.add(kSecond, 4 * kSecond, Status::ok, counts);
  summarizer.add(kAbsentTime, 4 * kSecond, Status::ok, counts);  // in none
  const ModalitySummary summary = summarizer.finish();
  const auto& images = summary.of[modality("image_count")];
  ASSERT_TRUE(images.input && images.output && images.total);
  EXPECT_FALSE(summary.of[modality("image_pixels")].input);

  const Distribution& value = images.input->value.by_status[0];
  EXPECT_EQ(value.count, 2u);
  EXPECT_EQ(value.mean, 2);
  EXPECT_EQ(images.output->value.total.count, 1u);
  EXPECT_EQ(images.total->value.total.count, 3u);
  EXPECT_EQ(images.total->value.total.mean, 2);

  // 3 for a second, 4 for one, 1 for two.
  const Distribution& level = images.input->concurrency.total;
  EXPECT_DOUBLE_EQ(level.mean, (3 + 4 + 2 * 1) / 4.0);
  EXPECT_EQ(level.max, 4);
  EXPECT_EQ(level.count, 2u);
  // Output: 0 for a second from the first start on, then 2 for three.
  EXPECT_DOUBLE_EQ(images.output->concurrency.total.mean, 2 * 3 / 4.0);
  EXPECT_DOUBLE_EQ(images.total->concurrency.total.max, 6);
  // 3 at the first end over a second, 1 at the second one.
  EXPECT_EQ(images.input->per_second.total.count, 4u);
  EXPECT_DOUBLE_EQ(images.input->per_second.total.max, 3);
  EXPECT_DOUBLE_EQ(images.input->per_second.total.min, 1);
}

TEST(ModalitySummary, OfHugeCountsIsABoundThatDoesNotWrap) {
  SortRoom room;
  ModalitySummarizer summarizer(0, room);
  ModalityRecord counts;
  counts.input.image_bytes = 1e300;
  counts.output.image_bytes = -1e300;
  for (int i = 0; i < 100; ++i) summarizer.add(0, 5 * kSecond, Status::ok, counts);
  for (int i = 0; i < 100; ++i) summarizer.add(kSecond, 6 * kSecond, Status::error, counts);
  const ModalitySummary summary = summarizer.finish();
  const auto& bytes = summary.of[modality("image_bytes")];
  EXPECT_EQ(bytes.input->concurrency.total.max, 200 * kModalCountMost);
  EXPECT_EQ(bytes.output->concurrency.total.max, 0);
  EXPECT_EQ(bytes.output->per_second.total.count, 0u) << "negative ones do not wrap either";
  EXPECT_EQ(bytes.input->value.total.max, 1e300) << "the value is whole";
  EXPECT_EQ(summary.beyond_count, 400u);
}

TEST(ModalitySummary, BoundsNoCountThatFits) {
  SortRoom room;
  ModalitySummarizer summarizer(0, room);
  ModalityRecord counts;
  counts.input.image_bytes = counts.output.image_bytes = kModalCountMost;
  summarizer.add(0, kSecond, Status::ok, counts);
  counts.output.image_bytes = kModalCountMost + 1;
  summarizer.add(kSecond, 2 * kSecond, Status::ok, counts);
  const ModalitySummary summary = summarizer.finish();
  EXPECT_EQ(summary.beyond_count, 1u);
  EXPECT_EQ(summary.of[modality("image_bytes")].input->concurrency.total.max, kModalCountMost);
}

// The records of both streams through a log, by status, with one of no request.
TEST(ModalitySummary, OfALogIsJoinedById) {
  const TemporaryFolder folder;
  {
    auto engine = Engine::open({.log_dir = folder / "run"}).value();
    auto requests = engine.stream<GenerationRecord>("requests").value().worker().value();
    auto modalities = engine.stream<ModalityRecord>("modalities").value().worker().value();
    for (std::int64_t i = 0; i < 100; ++i) {
      const auto id = static_cast<std::uint64_t>(i);
      ASSERT_TRUE(modalities.push({.request_id = id,
                                   .input = {.image_count = 1, .image_bytes = 5e9},
                                   .output = {.text_words = static_cast<double>(i)}}));
      ASSERT_TRUE(requests.push({.status = i % 4 == 0 ? Status::error : Status::ok,
                                 .request_id = id,
                                 .start_ns = i * kSecond,
                                 .end_ns = (i + 10) * kSecond}));
    }
    ASSERT_TRUE(modalities.push({.request_id = 1'000, .input = {.image_count = 1}}));
    ASSERT_TRUE(engine.finish());
  }
  for (const char* name : {"millrace", "guidellm-0.7.3"}) {
    GenerationReplay replay(*generation_profile(name), {});
    ASSERT_TRUE(replay_logs(std::vector<std::string>{folder / "run"}, {.visitors = {&replay}}));
    const GenerationReport report = replay.report().value();
    ASSERT_TRUE(report.modalities);
    EXPECT_EQ(report.modalities_unmatched, 1u);
    const auto& images = report.modalities->of[modality("image_count")];
    EXPECT_EQ(images.input->value.by_status[0].count, 75u);
    EXPECT_EQ(images.input->value.by_status[1].count, 25u);
    EXPECT_EQ(images.input->concurrency.total.max, 10);
    EXPECT_DOUBLE_EQ(images.input->per_second.total.percentiles[kMedian], 1);
    EXPECT_FALSE(images.output);
    const auto& words = report.modalities->of[modality("text_words")];
    EXPECT_EQ(words.output->value.total.max, 99);
    // More bytes than fit a weight: what is under way is then a bound, not a number that wrapped.
    const double under_way =
        report.modalities->of[modality("image_bytes")].input->concurrency.total.max;
    EXPECT_EQ(under_way, 10 * kModalCountMost);
    EXPECT_EQ(report.modalities->beyond_count, 100u);
    EXPECT_EQ(left_out_lines(report),
              "1 record of modalities with no request, or several, of the same id\n"
              "100 counts of modalities beyond 2,147,483,647, and taken as that in rates and "
              "concurrency\n");

    const auto json = guidellm_metrics_json(report);
    EXPECT_EQ(json["image"]["images"]["input"]["successful"]["count"], 75);
    EXPECT_EQ(json["image"]["images"]["input_concurrency"]["total"]["max"], 10);
    EXPECT_TRUE(json["image"]["images"]["output"].is_null());
    EXPECT_TRUE(json["video"]["frames"].is_null());
    if (std::string_view(name) != "guidellm-0.7.3") continue;
    const std::string csv = guidellm_csv(guidellm_json(report, {}));
    EXPECT_NE(csv.find("Image Images"), std::string::npos);
    EXPECT_NE(csv.find("Text Words"), std::string::npos);
    EXPECT_EQ(csv.find("Video Frames"), std::string::npos);
  }
  GenerationReplay old(*generation_profile("guidellm-0.2.1"), {});
  ASSERT_TRUE(replay_logs(std::vector<std::string>{folder / "run"}, {.visitors = {&old}}));
  EXPECT_FALSE(old.report().value().modalities);
}

}  // namespace
}  // namespace millrace
