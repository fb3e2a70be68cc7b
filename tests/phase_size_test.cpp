// SPDX-License-Identifier: Apache-2.0
#include "stats/phase_size.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(PhaseSize, TimesNumbersAndPartsAreTold) {
  EXPECT_EQ(phase_size("30s")->value, 30);
  EXPECT_EQ(phase_size("500ms")->value, 0.5);
  EXPECT_EQ(phase_size("2m")->mode, PhaseMode::duration);
  EXPECT_EQ(phase_size("100")->mode, PhaseMode::requests);
  EXPECT_EQ(phase_size("5%")->fraction, 0.05);
  EXPECT_EQ(phase_size("0.25")->fraction, 0.25);
  EXPECT_EQ(phase_size("1")->value, 1) << "1 is one request, as in the seed";
  EXPECT_EQ(phase_size("10%:both")->mode, PhaseMode::both);
  EXPECT_TRUE(PhaseSize{}.none());
  EXPECT_FALSE(phase_size("0")->none());
}

TEST(PhaseSize, WhatIsNoPhaseIsAnErrorThatSaysHow) {
  for (const char* text : {"", "s", "-1", "-5s", "nan", "inf", "100%", "5 %", "3x", "3:sometimes",
                           "1e400", "5%%", ":both", "1e10", "1e10s", "3000000h"}) {
    const auto size = phase_size(text);
    ASSERT_FALSE(size) << text;
    EXPECT_NE(size.error().message.find("30s"), std::string::npos);
  }
}

TEST(PhaseSize, ModesChooseWhatTheMaximumAllows) {
  const RunMaximum both{.requests = 1'000, .ns = 60 * kSecond}, time{.ns = 60 * kSecond},
      count{.requests = 1'000};
  const auto size = [](double fraction, PhaseMode mode) {
    return PhaseSize{.fraction = fraction, .value = {}, .mode = mode};
  };
  const auto expect = [](const PhaseLimits& limits, std::optional<std::int64_t> ns,
                         std::optional<std::uint64_t> requests) {
    EXPECT_EQ(limits.ns, ns);
    EXPECT_EQ(limits.requests, requests);
  };
  expect(limits_of(size(.1, PhaseMode::duration), both), 6 * kSecond, {});
  expect(limits_of(size(.1, PhaseMode::duration), count), {}, {});
  expect(limits_of(size(.1, PhaseMode::requests), both), {}, 100);
  expect(limits_of(size(.1, PhaseMode::requests), time), {}, {});
  expect(limits_of(size(.1, PhaseMode::prefer_duration), both), 6 * kSecond, {});
  expect(limits_of(size(.1, PhaseMode::prefer_duration), count), {}, 100);
  expect(limits_of(size(.1, PhaseMode::prefer_requests), both), {}, 100);
  expect(limits_of(size(.1, PhaseMode::prefer_requests), time), 6 * kSecond, {});
  expect(limits_of(size(.1, PhaseMode::both), both), 6 * kSecond, 100);
  expect(limits_of(*phase_size("7s"), both), 7 * kSecond, {});
  expect(limits_of(*phase_size("7"), both), {}, 7);
  expect(limits_of(*phase_size("7:both"), both), 7 * kSecond, 7);
  expect(limits_of({}, both), {}, {});
}

}  // namespace
}  // namespace millrace
