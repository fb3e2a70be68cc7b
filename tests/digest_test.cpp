// SPDX-License-Identifier: Apache-2.0
//
// Digest: what it tells apart, and what it must not tell apart.
#include "stats/digest.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "made_up_stream.hpp"
#include "record/crc64.hpp"

namespace millrace {
namespace {

using made_up::Sample;
using Samples = std::vector<Sample>;
using Names = std::vector<std::string>;

const Names kNames{"", "other", "b", "a", "d", "c"};

template <typename... Parts>
std::uint64_t digest_of(Parts... parts) {
  Digest digest;
  (digest.add(parts), ...);
  return digest.value();
}

Samples samples_of(std::uint32_t seed) {
  std::mt19937_64 random(seed);
  Samples samples;
  for (int i = 0; i < 1'000; ++i) samples.push_back(made_up::sample(random, {.labels = 4}));
  return samples;
}

std::uint64_t digest_of(const Samples& samples, const Names& labels = kNames,
                        const Names& errors = kNames, bool exact = true) {
  const auto stats = made_up::stats_of({}, exact);
  for (std::size_t i = 0; i < samples.size(); i += 100) {
    stats->accumulate(made_up::slice_of(std::span(samples).subspan(i, 100)), {});
  }
  Digest digest;
  add_numbers(digest, *stats, labels, errors);
  return digest.value();
}

// Bit by bit, as ECMA-182 has it.
std::uint64_t plain_crc64(std::string_view text) {
  std::uint64_t crc = ~std::uint64_t{0};
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xC96C5795D7870F42u : 0);
  }
  return ~crc;
}

TEST(Crc64, IsThatOfTheStandard) {
  EXPECT_EQ(crc64("123456789", 9), 0x995DC9BBDF1939FAu);
  std::string text;
  for (int i = 0; i < 700; ++i) text.push_back(static_cast<char>(i * 31));
  for (const std::size_t n : {0u, 1u, 7u, 8u, 15u, 16u, 255u, 256u, 700u}) {
    EXPECT_EQ(crc64(text.data(), n), plain_crc64(std::string_view(text).substr(0, n))) << n;
    EXPECT_EQ(crc64(text.data() + n, 700 - n, crc64(text.data(), n)), crc64(text.data(), 700));
  }
}

TEST(Digest, IsTheChecksumOfWordsInLittleEndian) {
  Digest digest;
  std::string bytes;
  for (std::uint64_t i = 0; i < 2'000; ++i) {  // more than it gathers at a time
    digest.add(i * 0x0102030405060708u);
    for (int b = 0; b < 64; b += 8)
      bytes.push_back(static_cast<char>(i * 0x0102030405060708u >> b));
    if (i % 333 != 0) continue;
    EXPECT_EQ(digest.value(), plain_crc64(bytes));
  }
  EXPECT_EQ(digest.value(), plain_crc64(bytes));
}

TEST(Digest, TakesZerosAsOneAndNaNsAsOne) {
  EXPECT_EQ(digest_of(0.0), digest_of(-0.0));
  EXPECT_EQ(digest_of(std::nan("1")), digest_of(-std::nan("2")));
  EXPECT_NE(digest_of(1.0), digest_of(std::nextafter(1.0, 2.0)));
  EXPECT_NE(digest_of(1.0), digest_of(-1.0));
  EXPECT_NE(digest_of(0.0), digest_of(std::numeric_limits<double>::denorm_min()));
}

TEST(Digest, TellsWhereATextEnds) {
  using std::string_view;
  EXPECT_NE(digest_of(string_view("ab"), string_view("c")),
            digest_of(string_view("a"), string_view("bc")));
  EXPECT_NE(digest_of(string_view("a")), digest_of(string_view("a\0", 2)));
  EXPECT_NE(digest_of(string_view("")), digest_of());
  EXPECT_NE(digest_of(string_view("123456789")), digest_of(string_view("12345678")));
}

TEST(Digest, DoesNotDependOnHowLabelsAndErrorsAreNumbered) {
  const Samples samples = samples_of(1);
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::uint16_t> numbers(kNames.size());  // new ones
    std::iota(numbers.begin(), numbers.end(), std::uint16_t{0});
    std::shuffle(numbers.begin() + 2, numbers.end(), random);
    Samples renumbered = samples;
    Names names(kNames.size());
    for (Sample& sample : renumbered) {
      sample.label = numbers[sample.label];
      sample.error_class = numbers[sample.error_class];
    }
    for (std::size_t i = 0; i < names.size(); ++i) names[numbers[i]] = kNames[i];
    EXPECT_EQ(digest_of(renumbered, names, names), digest_of(samples)) << "seed " << seed;
    if (names == kNames) continue;
    EXPECT_NE(digest_of(renumbered), digest_of(samples)) << "other labels";
  }
}

TEST(Digest, NoticesAnyNumberThatDiffers) {
  const Samples samples = samples_of(2);
  const std::uint64_t original = digest_of(samples);
  EXPECT_EQ(digest_of(samples), original);
  const auto changed = [&](std::function<void(Sample&)> change,
                           std::function<bool(const Sample&)> to) {
    Samples others = samples;
    const auto sample = std::ranges::find_if(others, to);
    EXPECT_NE(sample, others.end());
    change(*sample);
    return digest_of(others);
  };
  const auto any = [](const Sample& s) { return s.status == Status::ok; };
  const auto failed = [](const Sample& s) { return s.error_class > 1; };
  const auto present = [](const Sample& s) { return s.score > 1; };
  std::vector<std::uint64_t> all{original};
  all.push_back(changed([](Sample& s) { s.status = Status::incomplete; }, any));
  all.push_back(changed([](Sample& s) { s.label = s.label == 2 ? 3 : 2; }, any));
  all.push_back(changed([](Sample& s) { s.error_class = 0; }, failed));
  all.push_back(changed([](Sample& s) { s.score *= 1.001; }, present));
  all.push_back(changed([](Sample& s) { s.score = std::nan(""); }, present));
  all.push_back(changed([](Sample& s) { s.start_ns -= 1'000'000'000'000; }, any));
  all.push_back(digest_of(samples, {"", "other", "b", "a", "d", "C"}));
  all.push_back(digest_of(samples, kNames, {"", "other", "b", "a", "d", "C"}));
  all.push_back(digest_of({}));
  all.push_back(digest_of(samples, kNames, kNames, false));  // percentiles of the histogram
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) EXPECT_NE(all[i], all[k]) << i << " and " << k;
  }
}

TEST(Digest, TakesNamesThatAreMissingOrNamedOther) {
  const Samples samples = samples_of(3);
  EXPECT_NE(digest_of(samples, {"", "other"}), digest_of(samples));
  EXPECT_NE(digest_of(samples, {"", "other", "other", "a", "d", "c"}), digest_of(samples));
}

TEST(Digest, OfAMetricNameAndOfGoodputDiffers) {
  Samples samples = samples_of(4);
  samples.resize(100);
  const auto of = [&](bool goodput, const char* name) {
    Schema schema = made_up::schema_of({});
    schema.metrics[1].name = name;
    std::vector<StreamStats::Bound> bounds;
    if (goodput) bounds = {{0, -1}};  // which none meets
    StreamStats stats(schema, std::make_shared<ExactMemory>(1 << 20), {}, bounds);
    stats.accumulate(made_up::slice_of(samples), {});
    Digest digest;
    add_numbers(digest, stats, kNames, kNames);
    return digest.value();
  };
  EXPECT_NE(of(false, "score"), of(true, "score"));
  EXPECT_NE(of(false, "score"), of(false, "scope"));
}

}  // namespace
}  // namespace millrace
