// SPDX-License-Identifier: Apache-2.0
//
// Pages: the numbers of the JSON report, whatever names and values the records have.
#include "report/html_report.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "millrace/millrace.hpp"

#include "report/html_page.hpp"
#include "report/html_text.hpp"
#include "report/json_report.hpp"
#include "report/metric_charts.hpp"
#include "temporary_folder.hpp"
#include "well_formed.hpp"

namespace millrace {
namespace {

const std::string kHostile = "<img src=x onerror=\"alert('1')\">&\x1b[31m\xff";

Summary requests(std::size_t n, Status status = Status::ok, bool equal = false) {
  auto engine = Engine::open({.overflow = Overflow::wait}).value();
  auto stream = engine.stream<RequestRecord>(kHostile).value();
  const std::uint16_t label = engine.label(kHostile), error = engine.error_class(kHostile);
  {
    auto worker = stream.worker().value();
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> latency(16, 1);
    for (std::size_t i = 0; i < n; ++i) {
      const auto start = static_cast<std::int64_t>(i) * 1'000'000;
      const auto took = equal ? 250'000'000 : static_cast<std::int64_t>(latency(random));
      RequestRecord record{.start_ns = start, .end_ns = start + took};
      record.intended_start_ns = start - 1'000;
      record.status = status;
      record.label = label;
      if (status != Status::ok) record.error_class = error;
      EXPECT_TRUE(worker.push(record));
    }
  }
  return engine.finish().value();
}

std::multiset<double> numbers(const std::string& page) {
  std::multiset<double> found;
  const std::regex data("<data value=\"([^\"]*)\">");
  for (auto at = std::sregex_iterator(page.begin(), page.end(), data); at != std::sregex_iterator();
       ++at) {
    found.insert(std::stod((*at)[1]));
  }
  return found;
}

void expect_good_page(const std::string& page) {
  expect_well_formed(page);
  for (const char* never : {"<script", "<img", " src=\"", "url(", "@import", "<link", "\x1b",
                            "\xff", ">nan<", ">inf<"}) {
    EXPECT_EQ(page.find(never), std::string::npos) << never;
  }
  EXPECT_EQ(page.find("https://"), std::string::npos);
  for (std::size_t at = 0; (at = page.find("http://", at)) != std::string::npos; ++at) {
    EXPECT_EQ(page.substr(at - 7, 7), "xmlns=\"") << "a name, and nothing that is fetched";
  }
}

TEST(HtmlText, LetsNothingThrough) {
  EXPECT_EQ(html_text("<b> & \"c\" '"), "&lt;b&gt; &amp; &quot;c&quot; &#39;");
  EXPECT_EQ(html_text("a\nb\x7f\xc0\xaf\xed\xa0\x80z"),
            "a?b?????"
            "?z")
      << "no UTF-8: a ? for each byte";
  EXPECT_EQ(html_text("\xef\xbf\xbf"), "???") << "no character";
  EXPECT_EQ(html_text("caf\xc3\xa9 \xf0\x9f\x98\x80"), "caf\xc3\xa9 \xf0\x9f\x98\x80");
  EXPECT_EQ(html_text("<<<<", 2), "&lt;&lt;...");
}

TEST(HtmlReport, HasTheNumbersOfTheJsonReport) {
  const Summary summary = requests(5'000);
  for (const By by : {By::none, By::status, By::label}) {
    Report report{.summary = summary};
    report.by = by;
    const std::string page = html_report(report);
    expect_good_page(page);
    const auto found = numbers(page);
    const auto json = nlohmann::json::parse(json_report(report));
    for (const char* name : {"latency", "response_time"}) {
      const auto& stream = json["streams"][0];
      const auto& metric = by == By::none     ? stream["metrics"][name]
                           : by == By::status ? stream["by_status"][0]["metrics"][name]
                                              : stream["by_label"][0]["metrics"][name];
      for (const char* figure : {"count", "mean", "standard_deviation", "min", "max"}) {
        EXPECT_TRUE(found.contains(metric[figure].get<double>())) << name << " " << figure;
      }
      for (const auto& [p, value] : metric["percentiles"].items()) {
        EXPECT_TRUE(found.contains(value.get<double>())) << name << " " << p;
      }
    }
  }
}

TEST(HtmlReport, SaysWhatTheTextReportSays) {
  const Summary summary = requests(10, Status::error);
  Report report{.summary = summary};
  report.interrupted = true;
  const std::string page = html_report(report);
  expect_good_page(page);
  for (const char* text :
       {"Interrupted:", "percentiles: nearest-rank, exact", "no values: time_to_first_byte",
        "accounting: 10 attempted = 10 accepted + 0 rejected",
        "&lt;img src=x onerror=", "<dt>failed</dt><dd>100 %</dd>"}) {
    EXPECT_NE(page.find(text), std::string::npos) << text;
  }
}

TEST(HtmlReport, IsGoodOfFewRecordsAndOfEqualOnes) {
  for (const std::size_t n : {0u, 1u, 2u, 3u, 100u}) {
    for (const bool equal : {false, true}) {
      for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
        const Summary summary = requests(n, status, equal);
        const std::string page = html_report({.summary = summary});
        expect_good_page(page);
        EXPECT_EQ(page.find("no values</text>"), std::string::npos);
        EXPECT_EQ(page.find("<svg") == std::string::npos, n == 0);
      }
    }
  }
}

TEST(HtmlReport, MarksWhatIsNotExact) {
  auto engine = Engine::open({.overflow = Overflow::wait, .exact_memory_bytes = 0}).value();
  auto stream = engine.stream<SampleRecord>("s").value();
  {
    auto worker = stream.worker().value();
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(worker.push({.value = 1.0 + i}));
  }
  const Summary summary = engine.finish().value();
  const std::string page = html_report({.summary = summary});
  expect_good_page(page);
  EXPECT_NE(page.find("\u2248\u00a0"), std::string::npos);
  EXPECT_NE(page.find("from histograms, within 0.049 %"), std::string::npos);
}

TEST(HtmlReport, CountsEveryValueInAHistogram) {
  for (const std::size_t n : {1u, 10u, 5'000u}) {
    for (const bool equal : {false, true}) {
      const Summary summary = requests(n, Status::ok, equal);
      const Chart chart = histogram_chart(summary.streams()[0], "latency", Rule::nearest_rank);
      double all = 0;
      for (const ChartSeries& series : chart.series) {
        for (const double count : series.y) all += count;
      }
      EXPECT_EQ(all, static_cast<double>(n));
    }
  }
}

TEST(ValueBins, HoldTheValuesInFewRanges) {
  std::mt19937_64 random(3);
  const auto any = [&] {
    const double size = std::pow(10.0, static_cast<double>(random() % 37) - 18);
    return (random() % 4 == 0 ? -1 : 1) * size * (1 + static_cast<double>(random() % 1000) / 100);
  };
  for (int round = 0; round < 20'000; ++round) {
    double least = any(), greatest = random() % 8 == 0 ? least : any();
    if (random() % 8 == 0) least = 0;
    if (random() % 8 == 0) greatest = least * (1 + 1e-6);
    if (greatest < least) std::swap(least, greatest);
    const bool whole = random() % 2;
    const ValueBins bins = value_bins(least, greatest, whole);
    ASSERT_GE(bins.edges.size(), 2u);
    ASSERT_LE(bins.edges.size(), 64u);
    ASSERT_TRUE(std::is_sorted(bins.edges.begin(), bins.edges.end()));
    ASSERT_LE(bins.edges.front(), least) << least << " to " << greatest;
    ASSERT_GT(bins.edges.back(), greatest) << least << " to " << greatest;
  }
  EXPECT_EQ(value_bins(3, 3, true).edges, (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(value_bins(0, 0, true).edges, (std::vector<double>{0, 1, 2, 3}));
  const ValueBins tokens = value_bins(10, 40, true);
  EXPECT_EQ(tokens.edges[1] - tokens.edges[0], 1);
  EXPECT_TRUE(value_bins(1e6, 1e9, false).log);
  EXPECT_TRUE(value_bins(std::numeric_limits<double>::quiet_NaN(), 1, false).edges.empty());
}

TEST(HtmlReport, ShowsGuidellmsDistributions) {
  TemporaryFolder folder;
  {
    auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = folder / "run"}).value();
    auto worker = engine.stream<GenerationRecord>(kHostile).value().worker().value();
    for (std::int64_t i = 0; i < 500; ++i) {
      EXPECT_TRUE(worker.push({.status = i % 10 == 0 ? Status::error : Status::ok,
                               .start_ns = i * 10'000'000,
                               .first_token_ns = i * 10'000'000 + 5'000'000,
                               .end_ns = i * 10'000'000 + 100'000'000 + i * 1'000,
                               .input_tokens = 10 + static_cast<std::int32_t>(i % 7),
                               .output_tokens = 20}));
    }
    EXPECT_TRUE(engine.finish());
  }
  for (const GenerationProfile& profile : generation_profiles()) {
    GenerationReplay replay(profile, {.curve = GenerationSummarizer::Curve::cumulative});
    auto log =
        replay_logs(std::vector<std::string>{folder / "run"}, {.visitors = {&replay}}).value();
    const GenerationReport report = replay.report().value();
    const std::string page = html_report(report, log);
    expect_good_page(page);
    const auto found = numbers(page);
    for (const StatusDistributions& metric : report.summary.metrics) {
      for (const Distribution& d : {metric.by_status[0], metric.by_status[1], metric.total}) {
        if (d.count == 0) continue;
        for (const double value : {d.mean, d.mode, d.percentiles[kMedian], d.percentiles[7],
                                   d.percentiles[8], d.percentiles[9], d.max}) {
          EXPECT_TRUE(found.contains(value)) << value;
        }
      }
    }
    for (const char* text : {"When requests began", "Tokens of the prompt", "Requests under way",
                             "Tokens a second", "<title>10: 64 successful</title>"}) {
      EXPECT_NE(page.find(text), std::string::npos) << text;
    }
    EXPECT_EQ(page.find("Texts, images"), std::string::npos) << "there are none";
    std::uint64_t starts = 0;
    for (const std::uint64_t part : report.starts->counts(Status::ok)) starts += part;
    EXPECT_EQ(starts, 450u);
  }
}

TEST(HtmlReport, HasASectionOfModalitiesAndSaysWhichAreNotInIt) {
  TemporaryFolder folder;
  {
    auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = folder / "run"}).value();
    auto requests = engine.stream<GenerationRecord>("requests").value().worker().value();
    auto modalities = engine.stream<ModalityRecord>("modalities").value().worker().value();
    for (std::int64_t i = 0; i < 60; ++i) {
      const auto id = static_cast<std::uint64_t>(i);
      EXPECT_TRUE(requests.push({.status = i % 6 == 0 ? Status::error : Status::ok,
                                 .request_id = id,
                                 .start_ns = i * 1'000'000,
                                 .end_ns = i * 1'500'000 + 100'000}));
      EXPECT_TRUE(
          modalities.push({.request_id = id,
                           .input = {.video_seconds = 0.75 + static_cast<double>(i)},
                           .output = {.video_seconds = 3.5, .mixed_content_tool_tokens = 17}}));
    }
    EXPECT_TRUE(modalities.push({.request_id = 1'000}));
    EXPECT_TRUE(engine.finish());
  }
  GenerationReplay replay(*generation_profile("millrace"),
                          {.curve = GenerationSummarizer::Curve::cumulative});
  auto log = replay_logs(std::vector<std::string>{folder / "run"}, {.visitors = {&replay}}).value();
  const GenerationReport report = replay.report().value();
  const std::string page = html_report(report, log);
  expect_good_page(page);
  const auto found = numbers(page);
  for (const auto& of : report.modalities->of) {
    for (const auto& side : {of.input, of.output, of.total}) {
      if (!side) continue;
      for (const auto& figure : {side->value, side->per_second, side->concurrency}) {
        for (const Distribution& d : {figure.by_status[0], figure.by_status[1], figure.total}) {
          EXPECT_TRUE(found.contains(d.mean) && found.contains(d.percentiles[8])) << d.mean;
        }
      }
    }
  }
  for (const char* text :
       {"Texts, images", "input_video_seconds<", "output_mixed_content_tool_tokens_concurrency<",
        "total_video_seconds_per_second<", "1 record of modalities with no request"}) {
    EXPECT_NE(page.find(text), std::string::npos) << text;
  }
  EXPECT_EQ(page.find("image_pixels<"), std::string::npos) << "no request has any";
}

}  // namespace
}  // namespace millrace
