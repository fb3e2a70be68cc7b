// SPDX-License-Identifier: Apache-2.0
//
// What a RankSelection allocates at most, and what it does when that does not suffice. Every new of the
// program is counted.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>

#include "made_up_selection.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILLRACE_SANITIZED 1
#else
#define MILLRACE_SANITIZED 0
#endif

namespace {
std::size_t live_bytes = 0;
std::size_t peak_bytes = 0;
}  // namespace

#if !MILLRACE_SANITIZED
[[gnu::noinline]] void* operator new(std::size_t n) {
  void* p = std::malloc(n);
  if (p == nullptr) throw std::bad_alloc();
  live_bytes += malloc_usable_size(p);
  peak_bytes = std::max(peak_bytes, live_bytes);
  return p;
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  live_bytes -= p == nullptr ? 0 : malloc_usable_size(p);
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { operator delete(p); }
#endif

namespace millrace {
namespace {

using made_up::for_each_slice;
using Samples = std::vector<made_up::Sample>;

// 2,000 labels want more than the memory has room for at a time.
struct Crowd {
  Crowd() {
    std::mt19937_64 random(6);
    for (int i = 0; i < 400'000; ++i) {
      samples.push_back(made_up::sample(random, {.labels = 200, .strange = false}));
    }
    totals = made_up::totals_of(samples);
    wanted = totals->wanted_for(std::array{25.0, 50.0, 90.0, 99.0}, std::array{Rule::linear}, true,
                                true);
  }
  Samples samples;
  std::unique_ptr<StreamStats> totals;
  std::vector<Wanted> wanted;
};

TEST(RankSelectionMemory, StaysWithinItsMemoryAndTakesMorePassesInstead) {
  const Crowd crowd;
  std::mt19937_64 random(7);
  int most_passes = 0;
  for (const std::size_t megabytes : {256u, 24u, 16u}) {
    SCOPED_TRACE(testing::Message() << megabytes << " MiB");
    auto wanted = crowd.wanted;
    std::size_t results = 0;
    for (const Wanted& w : wanted)
      results += w.ranks.size() * sizeof(double) + 3 * sizeof(std::vector<double>);
    const std::size_t before = live_bytes;
    peak_bytes = live_bytes;
    RankSelection selection(*crowd.totals, std::move(wanted),
                            {.memory_bytes = megabytes << 20, .parts = 2});
    while (!selection.done()) {
      for_each_slice(crowd.samples, [&](const Slice& slice) {
        selection.part(random() % 2).accumulate(slice, {});
      });
      EXPECT_LE(selection.memory_bytes(), megabytes << 20);
      selection.end_pass();
      EXPECT_LE(selection.memory_bytes(), megabytes << 20);
    }
    EXPECT_LE(peak_bytes - before, (megabytes << 20) + results);
    EXPECT_GE(selection.passes(), most_passes);
    most_passes = selection.passes();
    for (std::size_t w = 0; w < selection.wanted().size(); ++w) {
      for (const auto& value : selection.values(w)) ASSERT_TRUE(value);
    }
    for (std::size_t w = 0; w < selection.wanted().size(); w += 101) {
      made_up::expect_exact(selection, w, crowd.samples);
    }
  }
  EXPECT_GT(most_passes, 1);
}

TEST(RankSelectionMemory, OfBucketsThatAreCountedIsBoundedToo) {
  std::mt19937_64 random(12);
  Samples samples(600'000);
  for (auto& sample : samples) {
    // Three buckets full of different values, and some ties in each.
    const double part = static_cast<double>(random() % 3);
    const double rest = random() % 4 == 0 ? 0 : static_cast<double>(random() >> 12);
    sample.anything = 1 + part * 0.25 + std::ldexp(rest, -62);
  }
  const auto totals = made_up::totals_of(samples);
  std::vector<std::uint64_t> ranks;
  for (std::uint64_t rank = 1'000; rank < samples.size(); rank += 20'000) ranks.push_back(rank);
  int most_passes = 0;
  for (const std::size_t megabytes : {256u, 12u, 6u}) {
    SCOPED_TRACE(testing::Message() << megabytes << " MiB");
    const std::size_t before = live_bytes;
    peak_bytes = live_bytes;
    RankSelection selection(*totals, {{2, {}, ranks}, {2, {Status::ok, {}}, ranks}},
                            {.memory_bytes = megabytes << 20, .parts = 3});
    made_up::run(selection, samples, random);
    EXPECT_LE(peak_bytes - before, (megabytes << 20) + 4'096);
    EXPECT_LE(selection.passes(), 3);
    made_up::expect_exact(selection, samples);
    EXPECT_GE(selection.passes(), most_passes);
    most_passes = selection.passes();
  }
  EXPECT_GT(most_passes, 1);
}

TEST(RankSelectionMemory, SaysWhatItDidNotFindInThePassesThatItHad) {
  const Crowd crowd;
  std::mt19937_64 random(8);
  RankSelection selection(*crowd.totals, crowd.wanted, {.memory_bytes = 12 << 20, .passes_max = 1});
  made_up::run(selection, crowd.samples, random);
  EXPECT_EQ(selection.passes(), 1);
  std::size_t found = 0, missing = 0;
  for (std::size_t w = 0; w < crowd.wanted.size(); ++w) {
    for (const auto& value : selection.values(w)) ++(value ? found : missing);
  }
  EXPECT_GT(found, 100u) << "what comes first is found";
  EXPECT_TRUE(selection.values(0).front().has_value());
  EXPECT_GT(missing, 100u);
}

}  // namespace
}  // namespace millrace
