// SPDX-License-Identifier: Apache-2.0
#include "stats/histogram.hpp"

#include <numeric>

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
  for (const double value : values) {
    const std::uint64_t key = order_key(value);
    const std::uint64_t bucket = key >> (kMantissaBits - kBits);
    std::unique_ptr<Page>* found = pages_.find(octave_of(key));
    Page& counts = found && *found ? **found : page(octave_of(key));
    ++counts[bucket % counts.size()];
  }
  count_ += values.size();
}

void Histogram::merge(const Histogram& other) {
  other.pages_.for_each([this](std::uint32_t octave, const std::unique_ptr<Page>& theirs) {
    Page& counts = page(octave);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += (*theirs)[i];
  });
  count_ += other.count_;
}

std::vector<KeyRange> Histogram::ranges_of(std::span<const std::uint64_t> ranks) const {
  constexpr int kOpenBits = kMantissaBits - kBits;
  std::vector<KeyRange> ranges;
  ranges.reserve(ranks.size());
  std::uint64_t before = 0;
  pages_.for_each([&](std::uint32_t octave, const std::unique_ptr<Page>& counts) {
    if (ranges.size() == ranks.size()) return;
    const std::uint64_t through = std::accumulate(counts->begin(), counts->end(), before);
    const std::uint64_t bucket = std::uint64_t{octave} << kBits;
    for (std::size_t i = 0; ranges.size() < ranks.size() && ranks[ranges.size()] <= through;) {
      const std::uint64_t count = (*counts)[i];
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
  pages_.for_each([&](std::uint32_t octave, const std::unique_ptr<Page>& page) {
    const std::uint64_t first = std::uint64_t{octave} << kBits;
    for (std::size_t i = 0; i < page->size(); ++i) {
      while (counts.size() < limits.size() && bucket_of_limit() <= first + i) {
        counts.push_back(before);
      }
      before += (*page)[i];
    }
  });
  counts.resize(limits.size(), before);
  return counts;
}

std::size_t Histogram::memory_bytes() const noexcept {
  return pages_.memory_bytes() + page_count_ * sizeof(Page);
}

}  // namespace millrace
