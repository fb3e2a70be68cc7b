// SPDX-License-Identifier: Apache-2.0
//
// Checks on the final numbers of a stream of requests with latencies 1, 2, .. n ms.
#include "report/check.hpp"

#include <cmath>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

namespace millrace {
namespace {

Schema schema() { return RecordTraits<RequestRecord>::schema().value(); }

// Record i has the latency i ms; every fourth fails; the first half has the label a, the rest b<1.
Summary summary_of(int n) {
  auto engine = Engine::open().value();
  auto worker = engine.stream<RequestRecord>("requests", {.goodput = {{"latency", 10e6}}})
                    .value()
                    .worker()
                    .value();
  for (int i = 1; i <= n; ++i) {
    RequestRecord r{.start_ns = 1, .end_ns = 1 + i * 1'000'000};
    r.status = i % 4 == 0 ? Status::error : Status::ok;
    r.label = engine.label(i <= n / 2 ? "a" : "b<1");
    EXPECT_TRUE(worker.push(r));
  }
  return engine.finish().value();
}

class Checks : public testing::Test {
 protected:
  Check::Verdict verdict(std::string_view text, bool allow_small = false) {
    const auto check = Check::parse(text, schema());
    EXPECT_TRUE(check) << text;
    if (!check) return {};
    return check->evaluate(stream_, rates_, Rule::nearest_rank, allow_small);
  }
  bool passes(std::string_view text) { return verdict(text).passed; }

  Summary summary_ = summary_of(20);
  const StreamSummary& stream_ = summary_["requests"];
  std::optional<Rates> rates_ =
      Rates{.window_s = 2, .basis = "", .requests_per_second = 10, .metrics = {}};
};

TEST_F(Checks, EveryFigureHoldsItsOwnNumber) {
  EXPECT_TRUE(passes("latency:min==1ms"));
  EXPECT_TRUE(passes("latency:max==20ms"));
  EXPECT_TRUE(passes("latency:avg==10.5ms"));
  EXPECT_TRUE(passes("latency:mean==10.5ms"));
  EXPECT_TRUE(passes("latency:med==10ms"));
  EXPECT_TRUE(passes("latency:median==10ms"));
  EXPECT_TRUE(passes("latency:p(50)==10ms"));
  EXPECT_TRUE(passes("latency:p50==10ms"));
  EXPECT_TRUE(passes("latency:sum==210ms"));
  EXPECT_TRUE(passes("latency:count==20"));
  EXPECT_TRUE(passes("latency:sd>5.7ms"));
  EXPECT_TRUE(passes("count==20"));
  EXPECT_TRUE(passes("requests_per_second==10"));
  EXPECT_TRUE(passes("requests_per_minute==600"));
  EXPECT_TRUE(passes("goodput==40%"));  // 8 of the first 10 are ok
}

TEST_F(Checks, EveryComparisonHoldsOnBothSidesOfItsEdge) {
  EXPECT_FALSE(passes("latency:max<20ms"));
  EXPECT_TRUE(passes("latency:max<20.000001ms"));
  EXPECT_TRUE(passes("latency:max<=20ms"));
  EXPECT_FALSE(passes("latency:max<=19.999999ms"));
  EXPECT_FALSE(passes("latency:max>20ms"));
  EXPECT_TRUE(passes("latency:max>19.999999ms"));
  EXPECT_TRUE(passes("latency:max>=20ms"));
  EXPECT_FALSE(passes("latency:max>=20.000001ms"));
  EXPECT_FALSE(passes("latency:max!=20ms"));
  EXPECT_TRUE(passes("latency:max!=21ms"));
}

TEST_F(Checks, BlanksAndBareNumbersAreFine) {
  EXPECT_TRUE(passes("  latency : p(50) <= 10 "));  // bare times are milliseconds
  EXPECT_TRUE(passes("e2e:max<=0.02s"));
}

TEST_F(Checks, FractionsCompareAndShowAsTheLimitIsWritten) {
  EXPECT_TRUE(passes("error_rate<=25%"));
  EXPECT_FALSE(passes("error_rate<25%"));
  EXPECT_TRUE(passes("error_rate<=0.25"));
  EXPECT_EQ(verdict("error_rate<1%").text, "failed   error_rate<1%  (is 25 %)");
  EXPECT_EQ(verdict("error_rate<0.01").text, "failed   error_rate<0.01  (is 0.2500)");
  EXPECT_EQ(verdict("error_rate<1%").value, 0.25);
}

TEST_F(Checks, BracesChooseAStatusOrALabel) {
  EXPECT_TRUE(passes("latency{status:error}:min==4ms"));
  EXPECT_TRUE(passes("count{status:ok}==15"));
  EXPECT_TRUE(passes("latency{label:a}:max==10ms"));
  EXPECT_TRUE(passes("latency{label:b<1}:min==11ms"));  // a label may hold any sign
  EXPECT_TRUE(passes("error_rate{label:a}==20%"));
}

TEST_F(Checks, WhatIsNotThereFailsAndSaysWhy) {
  const auto reason = [&](std::string_view text) {
    const Check::Verdict v = verdict(text);
    EXPECT_FALSE(v.passed);
    EXPECT_TRUE(std::isnan(v.value));
    return v.text;
  };
  EXPECT_EQ(reason("time_to_first_byte:p(99)>0"),
            "failed   time_to_first_byte:p(99)>0  (none of 20 records has a value of "
            "time_to_first_byte)");
  EXPECT_EQ(reason("latency{label:c}:avg>0"),
            "failed   latency{label:c}:avg>0  (no record has the label 'c')");
  EXPECT_EQ(reason("latency{status:incomplete}:sum>=0"),
            "failed   latency{status:incomplete}:sum>=0  (no record is incomplete)");
  rates_.reset();
  EXPECT_EQ(reason("requests_per_second>0"),
            "failed   requests_per_second>0  (the records do not tell how long the test was: give "
            "--total-test-time)");
}

TEST(CheckSamples, P99NeedsTheSampleOfWilks) {
  const auto check = Check::parse("latency:p(99)<1s", schema()).value();
  const Summary small = summary_of(298);
  const Check::Verdict refused = check.evaluate(small["requests"], {}, Rule::nearest_rank, false);
  EXPECT_TRUE(refused.refused);
  EXPECT_FALSE(refused.passed);
  EXPECT_EQ(refused.text,
            "refused  latency:p(99)<1s  (298 values; 299 are needed to know p99 with 95 % "
            "confidence; --allow-small-samples checks it all the same)");
  EXPECT_TRUE(check.evaluate(small["requests"], {}, Rule::nearest_rank, true).passed);

  const Summary enough = summary_of(299);
  const Check::Verdict passed = check.evaluate(enough["requests"], {}, Rule::nearest_rank, false);
  EXPECT_FALSE(passed.refused);
  EXPECT_TRUE(passed.passed);
  EXPECT_EQ(passed.value, 297e6);
}

TEST_F(Checks, NoSampleKnowsP100) {
  const Check::Verdict v = verdict("latency:p(100)<1s");
  EXPECT_TRUE(v.refused);
  EXPECT_NE(v.text.find("no sample is large enough to know p100"), std::string::npos) << v.text;
  EXPECT_TRUE(verdict("latency:p(100)<1s", true).passed);
}

TEST(CheckGrammar, ErrorsNameTheCheckAndWhatIsWrong) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "no comparison"},
      {"latency:avg", "no comparison"},
      {"latency:avg=1", "no comparison"},
      {"latency:avg<", "no limit"},
      {"<1", "no metric"},
      {"latency<1", "a figure is missing, such as latency:p(99)"},
      {"foo:avg<1", "no metric 'foo'; there are latency"},
      {"foo<1", "no metric 'foo'"},
      {"error_rate:avg<1", "no metric 'error_rate'"},
      {"latency:zz<1", "'zz' is no figure"},
      {"latency:p(101)<1", "'p(101)' is no figure"},
      {"latency:p(-1)<1", "'p(-1)' is no figure"},
      {"latency:p()<1", "'p()' is no figure"},
      {"latency:p(99<1", "'p(99' is no figure"},
      {"latency:avg<1kg", "'1kg' is no limit for a time"},
      {"latency:avg<1%", "'1%' is no limit for a time"},
      {"latency:avg<nan", "'nan' is no limit"},
      {"latency:count<1ms", "'1ms' is no limit for a number"},
      {"bytes_sent:max<1s", "'1s' is no limit for bytes"},
      {"error_rate<1s", "'1s' is no limit for a fraction"},
      {"latency{status:bad}:avg<1", "status:ok|error|incomplete or label:NAME"},
      {"latency{label:a:avg<1", "'{' is not closed"},
      {"latency{label:a}avg<1", "':' expected after '}'"},
      {"goodput{status:ok}>1%", "goodput is of all records"},
      {"requests_per_second{label:a}>1", "requests_per_second is of all records"}};
  for (const auto& [text, why] : kCases) {
    const auto check = Check::parse(text, schema());
    ASSERT_FALSE(check) << text;
    EXPECT_EQ(check.error().code, Errc::invalid_argument);
    EXPECT_NE(check.error().message.find(why), std::string::npos) << check.error().message;
    EXPECT_NE(check.error().message.find(std::string("'") + text + "'"), std::string::npos);
  }
}

TEST(Goodput, ReadsMetricsAndLimitsInTheirUnit) {
  for (const char* text : {"ttfb:5ms e2e:1s", "ttfb:5ms,e2e:1s", " ttfb:5 ,  e2e:1s "}) {
    const auto limits = parse_goodput(text, schema());
    ASSERT_TRUE(limits) << text;
    ASSERT_EQ(limits->size(), 2u);
    EXPECT_EQ((*limits)[0].metric, "time_to_first_byte");
    EXPECT_EQ((*limits)[0].at_most, 5e6);
    EXPECT_EQ((*limits)[1].metric, "latency");
    EXPECT_EQ((*limits)[1].at_most, 1e9);
  }
}

TEST(Goodput, RefusesUnknownMetricsAndLimits) {
  const std::pair<const char*, const char*> kCases[] = {{"", "no limits"},
                                                        {" , ", "no limits"},
                                                        {"foo:1s", "no metric 'foo'"},
                                                        {"latency", "is not METRIC:LIMIT"},
                                                        {"latency:", "is not METRIC:LIMIT"},
                                                        {"latency:x", "is not METRIC:LIMIT"}};
  for (const auto& [text, why] : kCases) {
    const auto limits = parse_goodput(text, schema());
    ASSERT_FALSE(limits) << text;
    EXPECT_NE(limits.error().message.find(why), std::string::npos) << limits.error().message;
  }
}

}  // namespace
}  // namespace millrace
