// SPDX-License-Identifier: Apache-2.0
//
// The loops that are compiled for several instruction sets: each that this machine has is forced, and must
// give the bits of plain loops, which do the same operations in the order that value_kernel.hpp states.
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include "made_up_selection.hpp"
#include "record/column_kernel.hpp"
#include "stats/digest.hpp"
#include "stats/order_key.hpp"
#include "stats/value_kernel.hpp"

namespace millrace {
namespace {

using value_kernel::kLanes;
using value_kernel::Lanes;
using Limits = std::numeric_limits<double>;
using Longs = std::numeric_limits<std::int64_t>;

// Every set that was compiled in and that the machine has, one after the other, with the same random numbers.
template <typename Use>
void for_each_instruction_set(Use&& use) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  int tried = 0;
  for (std::int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1) {
    const std::int64_t target = left & -left;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    SCOPED_TRACE(hwy::TargetName(target));
    std::mt19937_64 random(seed);
    use(random);
    ++tried;
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  EXPECT_GE(tried, 1);
}

std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

// Sizes around one, two and many blocks of eight.
const std::vector<std::size_t>& sizes() {
  static const std::vector<std::size_t> all = {1,  2,  3,  4,  5,  6,  7,   8,   9,   15,   16,
                                               17, 23, 31, 33, 64, 65, 500, 511, 512, 2'047};
  return all;
}

std::vector<double> random_values(std::size_t n, std::mt19937_64& random) {
  std::vector<double> values(n);
  std::lognormal_distribution<double> usual(3, 2);
  const std::array edges = {0.0, 1e-310, -1e-310, 1e300, -1e300, Limits::denorm_min(), 1.0, -1.0};
  for (double& value : values) {
    value = random() % 8 == 0 ? edges[random() % edges.size()] : usual(random);
  }
  return values;
}

double total(const Lanes& x) {
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

TEST(InstructionSets, AddUpMomentsToTheSameBits) {
  for_each_instruction_set([](std::mt19937_64& random) {
    for (const std::size_t n : sizes()) {
      const auto values = random_values(n, random);
      const double pivot = values[0], mean = values[n / 2];
      Lanes sum{}, two{}, three{}, four{};
      double least = values[0], greatest = values[0];
      for (std::size_t i = 0; i < n; ++i) {
        sum[i % kLanes] += values[i] - pivot;
        least = std::min(least, values[i]);
        greatest = std::max(greatest, values[i]);
        const double distance = values[i] - mean, square = distance * distance;
        two[i % kLanes] += square;
        three[i % kLanes] += square * distance;
        four[i % kLanes] += square * square;
      }
      const auto extent = value_kernel::extent(values, pivot);
      const auto powers = value_kernel::powers(values, mean);
      EXPECT_EQ(bits(extent.sum), bits(total(sum))) << n;
      EXPECT_EQ(extent.least, least) << n;
      EXPECT_EQ(extent.greatest, greatest) << n;
      EXPECT_EQ(bits(powers.two), bits(total(two))) << n;
      // Infinity less infinity is a NaN of either sign.
      if (!std::isnan(total(three))) {
        EXPECT_EQ(bits(powers.three), bits(total(three))) << n;
      }
      EXPECT_EQ(bits(powers.four), bits(total(four))) << n;
    }
  });
}

TEST(InstructionSets, AddUpToTheSameSums) {
  for_each_instruction_set([](std::mt19937_64& random) {
    for (const std::size_t n : sizes()) {
      const auto values = random_values(n, random);
      std::array<CompensatedSum, kLanes> sums;
      for (std::size_t i = 0; i < n; ++i) sums[i % kLanes].add(values[i]);
      const auto lanes = value_kernel::sum(values);
      for (std::size_t i = 0; i < kLanes; ++i) {
        EXPECT_EQ(bits(CompensatedSum(lanes.rounded[i], lanes.lost[i]).value()),
                  bits(sums[i].value()))
            << n;
      }

      std::vector<std::int64_t> integers(n);
      Int128 expected = 0;
      for (auto& integer : integers) {
        integer = static_cast<std::int64_t>(random()) >> random() % 64;
        if (random() % 8 == 0) integer = random() % 2 == 0 ? Longs::min() : Longs::max();
        expected += integer;
      }
      const auto split = value_kernel::sum(integers);
      EXPECT_EQ(static_cast<Int128>(split.high) * (Int128{1} << 32) + split.low, expected) << n;
    }
  });
}

TEST(InstructionSets, FindTheSameBuckets) {
  for_each_instruction_set([](std::mt19937_64& random) {
    for (const std::size_t n : sizes()) {
      auto values = random_values(n, random);
      for (double& value : values) {
        if (random() % 4 == 0) value = -value;  // -0.0 among them
        if (random() % 16 == 0)
          value = random() % 2 == 0 ? Limits::infinity() : -Limits::infinity();
      }
      std::vector<std::uint32_t> buckets(n + 1, 77);
      value_kernel::buckets(values, 42, buckets.data());
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_EQ(buckets[i], order_key(values[i]) >> 42) << values[i];
      }
      EXPECT_EQ(buckets[n], 77u) << "written beyond the last";
    }
  });
}

// What a column should say of two operands.
struct Told {
  Presence state;
  std::int64_t integer;
};
Told combined(std::int64_t a, std::int64_t b, bool subtract, bool duration) {
  std::int64_t result = 0;
  const bool overflow =
      subtract ? __builtin_sub_overflow(a, b, &result) : __builtin_add_overflow(a, b, &result);
  if (a == kAbsentTime || b == kAbsentTime) return {kAbsent, result};
  return {overflow || (duration && result < 0) ? kInvalid : kPresent, result};
}

std::int64_t random_integer(std::mt19937_64& random) {
  const std::array edges = {kAbsentTime, Longs::min() + 1, Longs::max(), std::int64_t{0},
                            std::int64_t{-1}};
  if (random() % 4 == 0) return edges[random() % edges.size()];
  return static_cast<std::int64_t>(random()) >> random() % 64;
}

// Columns of a slice.
struct Columns {
  alignas(64) std::array<std::int64_t, kSliceRecordsMax> a{}, b{}, integers{};
  alignas(64) std::array<double, kSliceRecordsMax> from{}, values{};
  std::array<Presence, kSliceRecordsMax> state{};  // all present
  column_kernel::Results results() { return {values.data(), integers.data(), state.data()}; }
};

TEST(InstructionSets, TellTheSameIntegersAbsentInvalidAndPresent) {
  for_each_instruction_set([](std::mt19937_64& random) {
    for (const std::size_t size : sizes()) {
      const auto n = static_cast<std::uint32_t>(size);
      for (int round = 0; round < 6; ++round) {
        const bool duration = round % 2 == 0, single = round >= 4, subtract = round < 2;
        const auto columns = std::make_unique<Columns>();
        auto& [a, b, integers, from, values, state] = *columns;
        for (std::uint32_t i = 0; i < n; ++i) {
          a[i] = random_integer(random);
          b[i] = random_integer(random);
        }
        const auto results = columns->results();
        const std::uint32_t not_present =
            single     ? column_kernel::integers(a.data(), duration, n, results)
            : subtract ? column_kernel::difference(a.data(), b.data(), duration, n, results)
                       : column_kernel::sum(a.data(), b.data(), duration, n, results);
        std::uint32_t expected_not_present = 0;
        for (std::uint32_t i = 0; i < n; ++i) {
          const Told told = combined(a[i], single ? 0 : b[i], subtract || single, duration);
          expected_not_present += told.state != kPresent ? 1u : 0u;
          ASSERT_EQ(state[i], told.state) << a[i] << ' ' << b[i];
          if (told.state != kPresent) continue;
          ASSERT_EQ(single ? a[i] : integers[i], told.integer);
          ASSERT_EQ(bits(values[i]), bits(static_cast<double>(told.integer)));
        }
        EXPECT_EQ(not_present, expected_not_present);
        EXPECT_EQ(state[n], kPresent) << "written beyond the last";
      }
    }
  });
}

TEST(InstructionSets, TellTheSameDoublesAbsentInvalidAndPresent) {
  const std::array edges = {Limits::quiet_NaN(),
                            Limits::infinity(),
                            -Limits::infinity(),
                            0.0,
                            -0.0,
                            Limits::max(),
                            Limits::lowest(),
                            -1.0,
                            1.0};
  for_each_instruction_set([&](std::mt19937_64& random) {
    for (const std::size_t size : sizes()) {
      const auto n = static_cast<std::uint32_t>(size);
      for (const double least : {0.0, Limits::lowest(), -Limits::infinity()}) {
        const double greatest = least == -Limits::infinity() ? Limits::infinity() : Limits::max();
        const auto columns = std::make_unique<Columns>();
        for (std::uint32_t i = 0; i < n; ++i) columns->from[i] = edges[random() % edges.size()];
        const std::uint32_t not_present =
            column_kernel::doubles(columns->from.data(), least, greatest, n, columns->results());
        std::uint32_t expected_not_present = 0;
        for (std::uint32_t i = 0; i < n; ++i) {
          const double value = columns->from[i];
          const Presence state = std::isnan(value)                   ? kAbsent
                                 : value < least || value > greatest ? kInvalid
                                                                     : kPresent;
          expected_not_present += state != kPresent ? 1u : 0u;
          ASSERT_EQ(columns->state[i], state) << value;
          if (state == kPresent) {
            ASSERT_EQ(bits(columns->values[i]), bits(value + 0.0));
          }
        }
        EXPECT_EQ(not_present, expected_not_present);
      }
    }
  });
}

TEST(InstructionSets, FindTheSameFirstAndLastTimes) {
  for_each_instruction_set([](std::mt19937_64& random) {
    const auto columns = std::make_unique<Columns>();
    for (const std::size_t size : sizes()) {
      for (const bool all_absent : {false, true}) {
        const auto n = static_cast<std::uint32_t>(size);
        std::int64_t first = Longs::max(), last = kAbsentTime;
        for (std::uint32_t i = 0; i < n; ++i) {
          const std::int64_t ns = all_absent ? kAbsentTime : random_integer(random);
          columns->a[i] = ns;
          if (ns != kAbsentTime) first = std::min(first, ns);
          last = std::max(last, ns);
        }
        const auto extent = column_kernel::extent_of_times(columns->a.data(), n);
        EXPECT_EQ(extent.least, first);
        EXPECT_EQ(extent.greatest, last);
      }
    }
  });
}

TEST(InstructionSets, GiveAStreamTheSameDigest) {
  std::optional<std::uint64_t> digest;
  for_each_instruction_set([&](std::mt19937_64& random) {
    const made_up::Mix mix{.labels = 3};
    std::vector<made_up::Sample> samples;
    for (int i = 0; i < 20'000; ++i) samples.push_back(made_up::sample(random, mix));
    const auto stats = made_up::totals_of(samples, true);
    Digest numbers;
    const std::vector<std::string> names(16);
    add_numbers(numbers, *stats, names, names);
    const std::uint64_t value = numbers.value();
    if (!digest) digest = value;
    EXPECT_EQ(value, *digest);
  });
}

}  // namespace
}  // namespace millrace
