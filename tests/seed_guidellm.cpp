// SPDX-License-Identifier: Apache-2.0
//
// The golden vectors of guidellm's benchmarks: the metrics of whole runs, 0.2.1 and 0.7.3.
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "seed_distributions.hpp"
#include "seed_vectors.hpp"
#include "stats/generation_summary.hpp"
#include "stats/generation_values.hpp"

namespace millrace {
namespace {

// Multiples of 1/512 s, or of 1 us near 1,000 s: both come out exactly.
std::int64_t nanoseconds(const Json& seconds) {
  if (!seconds.is_number() || seconds.get<double>() < 0) return kAbsentTime;
  const double whole = std::floor(seconds.get<double>());
  return static_cast<std::int64_t>(whole) * 1'000'000'000 +
         std::llround((seconds.get<double>() - whole) * 1e9);
}

std::string read_packed(const fs::path& plain) {
  if (fs::exists(plain)) return read_file(plain);
  std::string text;
  const gzFile file = ::gzopen((plain.string() + ".gz").c_str(), "rb");
  char buffer[1 << 16];
  for (int n; file != nullptr && (n = ::gzread(file, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  if (file != nullptr) ::gzclose(file);
  return text;
}

GenerationRecord record_of(const Json& line) {
  GenerationRecord record;
  const std::string status = line["status"];
  record.status = status == "successful" ? Status::ok
                  : status == "errored"  ? Status::error
                                         : Status::incomplete;
  record.start_ns = nanoseconds(line["start_time"]);
  record.end_ns = nanoseconds(line["end_time"]);
  const auto time = [&](const char* key) {
    return line.contains(key) ? nanoseconds(line[key]) : kAbsentTime;
  };
  record.first_token_ns = time("first_token_time");
  record.last_token_ns = time("last_token_time");
  const Json& info = line["scheduler_info"];
  record.intended_start_ns = nanoseconds(info["targeted_start_time"]);
  record.queued_ns = nanoseconds(info["queued_time"]);
  record.dequeued_ns = nanoseconds(info["dequeued_time"]);
  record.scheduled_ns = nanoseconds(info["scheduled_time"]);
  record.resolve_start_ns = nanoseconds(info["worker_start"]);
  record.resolve_end_ns = nanoseconds(info["worker_end"]);
  record.input_tokens = line["prompt_tokens"];
  record.output_tokens = line["output_tokens"];
  record.input_characters = static_cast<std::int32_t>(line["prompt"].get<std::string>().size());
  return record;
}

}  // namespace

std::vector<GenerationRecord> guidellm_records(const fs::path& dir) {
  std::vector<GenerationRecord> records;
  const std::string text = read_packed(dir / "requests.jsonl");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    records.push_back(record_of(Json::parse(std::string_view(text).substr(at, end - at))));
    at = end + 1;
  }
  return records;
}

namespace {

constexpr const char* kStatuses[] = {"successful", "errored", "incomplete"};

// 0.2.1's rates are made of differences of times near 1.7e9 s.
Compared compared(const GenerationProfile& profile, const GenerationMetric& metric) {
  if (metric.kind != MetricKind::rate) return {};
  return profile.as_0_2_1 ? Compared{.relative = 1e-6, .noisy = true, .borders = true}
                          : Compared{.mode = false, .borders = true};
}

void expect_summary(const GenerationProfile& profile, const GenerationSummary& summary,
                    const Json& totals, const Json& metrics) {
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    EXPECT_EQ(summary.requests[s], totals[kStatuses[s]].get<std::uint64_t>());
  }
  ASSERT_EQ(summary.metrics.size(), profile.metrics.size());
  std::size_t seen = 0;
  for (std::size_t i = 0; i < profile.metrics.size(); ++i) {
    const GenerationMetric& metric = profile.metrics[i];
    ASSERT_TRUE(metrics.contains(metric.name)) << metric.name;
    ++seen;
    const Json& expected = metrics[metric.name];
    const Compared how = compared(profile, metric);
    for (std::size_t s = 0; s < kStatusCount; ++s) {
      expect_distribution(expected[kStatuses[s]], summary.metrics[i].by_status[s],
                          std::string(metric.name) + " " + kStatuses[s], how);
    }
    expect_distribution(expected["total"], summary.metrics[i].total,
                        std::string(metric.name) + " total", how);
  }
  EXPECT_GT(seen, 9u);
}

GenerationSummary summary_of(const std::vector<GenerationRecord>& records, const char* name,
                             const std::optional<TimeWindow>& window) {
  const GenerationProfile& profile = *generation_profile(name);
  SortRoom room;
  GenerationSummarizer summarizer(profile, records.empty() ? 0 : records.front().start_ns, room,
                                  DistributionRule::Curve::cumulative, 10'000'000);
  for (const GenerationRecord& record : records) {
    const bool beyond =
        window && (*end_of(record) < window->begin_ns || *begin_of(record) > window->end_ns);
    if (!beyond) summarizer.add(record);
  }
  return summarizer.finish(window);
}

}  // namespace

void check_guidellm(const fs::path& dir) {
  const std::vector<GenerationRecord> records = guidellm_records(dir);
  const Json v021 = read_json(dir / "expected_v021.json"),
             v073 = read_json(dir / "expected_v073.json");
  if (v021.contains("raises")) {
    EXPECT_TRUE(records.empty()) << "a run without requests is an empty summary here";
    EXPECT_EQ(summary_of(records, "guidellm-0.2.1", {}).total(), 0u);
    EXPECT_EQ(summary_of(records, "guidellm-0.7.3", {}).total(), 0u);
    return;
  }
  ASSERT_FALSE(records.empty());
  {
    SCOPED_TRACE("0.2.1");
    const GenerationSummary summary = summary_of(records, "guidellm-0.2.1", {});
    EXPECT_EQ(summary.first_start_ns, nanoseconds(v021["start_time"]));
    EXPECT_EQ(summary.last_end_ns, nanoseconds(v021["end_time"]));
    expect_summary(*generation_profile("guidellm-0.2.1"), summary, v021["request_totals"],
                   v021["metrics"]);
  }
  SCOPED_TRACE("0.7.3");
  const TimeWindow window{nanoseconds(v073["measure_start"]), nanoseconds(v073["measure_end"])};
  expect_summary(*generation_profile("guidellm-0.7.3"),
                 summary_of(records, "guidellm-0.7.3", window), v073["request_totals"], v073);
}

}  // namespace millrace
