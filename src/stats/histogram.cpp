// SPDX-License-Identifier: Apache-2.0
#include "stats/histogram.hpp"

#include <algorithm>
#include <numeric>

#include "stats/value_kernel.hpp"

namespace millrace {

Histogram::Page& Histogram::page(std::uint32_t octave) {
  std::unique_ptr<Page>& page = pages_.at(octave);
  if (!page) {
    page = std::make_unique<Page>();
    ++page_count_;
  }
  return *page;
}

void Histogram::add(std::span<const double> values) {
  constexpr std::size_t kAtOnce = 512;
  std::array<std::uint32_t, kAtOnce> buckets;
  for (std::size_t begin = 0; begin < values.size(); begin += kAtOnce) {
    const auto some = values.subspan(begin, std::min(kAtOnce, values.size() - begin));
    value_kernel::buckets(some, kMantissaBits - kBits, buckets.data());
    for (std::size_t i = 0; i < some.size(); ++i) {
      const std::uint32_t octave = buckets[i] >> kBits;
      std::unique_ptr<Page>* found = pages_.find(octave);
      Page& counts = found && *found ? **found : page(octave);
      if (++counts[buckets[i] % kPageBuckets] == 0) ++carries_[buckets[i]];
    }
  }
  count_ += values.size();
}

void Histogram::add_counts(std::uint32_t octave, const Counts& counts) {
  Page& ours = page(octave);
  for (std::size_t i = 0; i < kPageBuckets; ++i) {
    const std::uint64_t sum = ours[i] + counts[i];
    ours[i] = static_cast<std::uint32_t>(sum);
    if (sum >> 32 != 0) carries_[(std::uint64_t{octave} << kBits) + i] += sum >> 32;
  }
}

template <typename Visit>
void Histogram::for_each_octave(Visit&& visit) const {
  auto carry = carries_.begin();
  pages_.for_each([&](std::uint32_t octave, const std::unique_ptr<Page>& page) {
    Counts counts;
    std::copy(page->begin(), page->end(), counts.begin());
    for (; carry != carries_.end() && carry->first >> kBits == octave; ++carry) {
      counts[carry->first % kPageBuckets] += carry->second << 32;
    }
    visit(octave, counts);
  });
}

void Histogram::merge(const Histogram& other) {
  other.for_each_octave(
      [this](std::uint32_t octave, const Counts& counts) { add_counts(octave, counts); });
  count_ += other.count_;
}

void Histogram::count_into(CoarseHistogram& histogram) const {
  constexpr int kWider = kBits - CoarseHistogram::kBits;
  for_each_octave([&](std::uint32_t octave, const Counts& counts) {
    const std::uint64_t first = std::uint64_t{octave} << kBits;
    for (std::size_t i = 0; i < kPageBuckets; ++i) {
      if (counts[i] != 0) histogram.add_bucket((first + i) >> kWider, counts[i]);
    }
  });
}

std::vector<KeyRange> Histogram::ranges_of(std::span<const std::uint64_t> ranks) const {
  constexpr int kOpenBits = kMantissaBits - kBits;
  std::vector<KeyRange> ranges;
  ranges.reserve(ranks.size());
  std::uint64_t before = 0;
  for_each_octave([&](std::uint32_t octave, const Counts& counts) {
    if (ranges.size() == ranks.size()) return;
    const std::uint64_t through = std::accumulate(counts.begin(), counts.end(), before);
    const std::uint64_t bucket = std::uint64_t{octave} << kBits;
    for (std::size_t i = 0; ranges.size() < ranks.size() && ranks[ranges.size()] <= through;) {
      const std::uint64_t count = counts[i];
      if (ranks[ranges.size()] <= before + count) {
        ranges.push_back({(bucket + i) << kOpenBits, kOpenBits, before, count});
      } else {
        before += count;
        ++i;
      }
    }
    before = through;
  });
  return ranges;
}

std::vector<double> Histogram::order_statistics(std::span<const std::uint64_t> ranks) const {
  std::vector<double> middles;
  middles.reserve(ranks.size());
  for (const KeyRange& range : ranges_of(ranks)) {
    middles.push_back(middle_of_bucket(range.least >> range.open_bits, kBits));
  }
  return middles;
}

double Histogram::order_statistic(std::uint64_t rank) const {
  return order_statistics({&rank, 1}).front();
}

std::vector<std::uint64_t> Histogram::counts_below(std::span<const double> limits) const {
  std::vector<std::uint64_t> counts;
  counts.reserve(limits.size());
  std::uint64_t before = 0;
  const auto bucket_of_limit = [&] {
    return order_key(limits[counts.size()]) >> (kMantissaBits - kBits);
  };
  for_each_octave([&](std::uint32_t octave, const Counts& page) {
    const std::uint64_t first = std::uint64_t{octave} << kBits;
    for (std::size_t i = 0; i < page.size(); ++i) {
      while (counts.size() < limits.size() && bucket_of_limit() <= first + i) {
        counts.push_back(before);
      }
      before += page[i];
    }
  });
  counts.resize(limits.size(), before);
  return counts;
}

std::size_t Histogram::memory_bytes() const noexcept {
  return pages_.memory_bytes() + page_count_ * sizeof(Page);
}

}  // namespace millrace
