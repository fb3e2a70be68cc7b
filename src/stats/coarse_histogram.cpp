// SPDX-License-Identifier: Apache-2.0
#include "stats/coarse_histogram.hpp"

#include <tuple>
#include <utility>

namespace millrace {

// `bucket` is one of the present width; the count's place may be in wider ones afterwards.
std::uint64_t& CoarseHistogram::count_of(std::uint64_t bucket) {
  for (;;) {
    const auto number = static_cast<std::uint32_t>(bucket >> kBits);
    if (std::unique_ptr<Page>* found = pages_.find(number))
      return (**found)[bucket % std::tuple_size_v<Page>];
    if (page_count_ < kPagesMax) {
      pages_.at(number) = std::make_unique<Page>();
      ++page_count_;
    } else {
      widen();
      bucket >>= 1;
    }
  }
}

void CoarseHistogram::widen() {
  Pages wider;
  page_count_ = 0;
  pages_.for_each([&](std::uint32_t number, const std::unique_ptr<Page>& counts) {
    std::unique_ptr<Page>& page = wider.at(number / 2);
    if (!page) {
      page = std::make_unique<Page>();
      ++page_count_;
    }
    const std::size_t begin = number % 2 * (counts->size() / 2);
    for (std::size_t i = 0; i < counts->size(); ++i) (*page)[begin + i / 2] += (*counts)[i];
  });
  pages_ = std::move(wider);
  ++doublings_;
}

void CoarseHistogram::add(std::span<const double> values) {
  for (const double value : values) {
    const std::uint64_t bucket = order_key(value) >> open_bits();
    std::unique_ptr<Page>* found = pages_.find(static_cast<std::uint32_t>(bucket >> kBits));
    ++(found != nullptr ? (**found)[bucket % std::tuple_size_v<Page>] : count_of(bucket));
  }
  count_ += values.size();
}

void CoarseHistogram::add_bucket(std::uint64_t bucket, std::uint64_t count) {
  count_of(bucket >> doublings_) += count;
  count_ += count;
}

void CoarseHistogram::merge(const CoarseHistogram& other) {
  while (doublings_ < other.doublings_) widen();
  other.pages_.for_each([&](std::uint32_t number, const std::unique_ptr<Page>& theirs) {
    const std::uint64_t first = std::uint64_t{number} << kBits;
    for (std::size_t i = 0; i < theirs->size(); ++i) {
      if ((*theirs)[i] == 0) continue;
      count_of((first + i) >> (doublings_ - other.doublings_)) += (*theirs)[i];
    }
  });
  count_ += other.count_;
}

std::vector<KeyRange> CoarseHistogram::ranges_of(std::span<const std::uint64_t> ranks) const {
  std::vector<KeyRange> ranges;
  ranges.reserve(ranks.size());
  std::uint64_t before = 0;
  pages_.for_each([&](std::uint32_t number, const std::unique_ptr<Page>& counts) {
    if (ranges.size() == ranks.size()) return;
    const std::uint64_t first = std::uint64_t{number} << kBits;
    for (std::size_t i = 0; i < counts->size(); before += (*counts)[i++]) {
      while (ranges.size() < ranks.size() && ranks[ranges.size()] <= before + (*counts)[i]) {
        ranges.push_back({(first + i) << open_bits(), open_bits(), before, (*counts)[i]});
      }
    }
  });
  return ranges;
}

std::vector<double> CoarseHistogram::order_statistics(std::span<const std::uint64_t> ranks) const {
  std::vector<double> values;
  values.reserve(ranks.size());
  for (const KeyRange& range : ranges_of(ranks)) {
    if (doublings_ <= kBits) {
      values.push_back(middle_of_bucket(range.least >> range.open_bits, kBits - doublings_));
    } else {
      const bool negative = range.least < order_key(0.0);
      values.push_back(value_of_key(negative ? range.last() : range.least) + 0.0);
    }
  }
  return values;
}

double CoarseHistogram::order_statistic(std::uint64_t rank) const {
  return order_statistics({&rank, 1}).front();
}

double CoarseHistogram::relative_error() const noexcept {
  return doublings_ <= kBits ? kRelativeError * (1 << doublings_) : 1;
}

std::size_t CoarseHistogram::memory_bytes() const noexcept {
  return pages_.memory_bytes() + page_count_ * (sizeof(Page) + kAllocationBytes);
}

}  // namespace millrace
