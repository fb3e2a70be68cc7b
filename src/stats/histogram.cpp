// SPDX-License-Identifier: Apache-2.0
#include "stats/histogram.hpp"

#include <numeric>

namespace millrace {

template <int Bits, template <typename> typename Directory>
typename BasicHistogram<Bits, Directory>::Page& BasicHistogram<Bits, Directory>::page(
    std::uint32_t octave) {
  std::unique_ptr<Page>& page = pages_.at(octave);
  if (!page) {
    page = std::make_unique<Page>();
    ++page_count_;
  }
  return *page;
}

template <int Bits, template <typename> typename Directory>
void BasicHistogram<Bits, Directory>::add(std::span<const double> values) {
  for (const double value : values) {
    const std::uint64_t key = order_key(value);
    const std::uint64_t bucket = key >> (kMantissaBits - Bits);
    std::unique_ptr<Page>* found = pages_.find(octave_of(key));
    Page& counts = found && *found ? **found : page(octave_of(key));
    ++counts[bucket % counts.size()];
  }
  count_ += values.size();
}

template <int Bits, template <typename> typename Directory>
void BasicHistogram<Bits, Directory>::add_bucket(std::uint64_t bucket, std::uint64_t count) {
  Page& counts = page(static_cast<std::uint32_t>(bucket >> Bits));
  counts[bucket % counts.size()] += count;
  count_ += count;
}

template <int Bits, template <typename> typename Directory>
void BasicHistogram<Bits, Directory>::merge(const BasicHistogram& other) {
  other.pages_.for_each([this](std::uint32_t octave, const std::unique_ptr<Page>& theirs) {
    Page& counts = page(octave);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += (*theirs)[i];
  });
  count_ += other.count_;
}

template <int Bits, template <typename> typename Directory>
std::vector<double> BasicHistogram<Bits, Directory>::order_statistics(
    std::span<const std::uint64_t> ranks) const {
  std::vector<double> middles;
  middles.reserve(ranks.size());
  std::uint64_t before = 0;
  pages_.for_each([&](std::uint32_t octave, const std::unique_ptr<Page>& counts) {
    if (middles.size() == ranks.size()) return;
    const std::uint64_t through = std::accumulate(counts->begin(), counts->end(), before);
    std::uint64_t bucket = std::uint64_t{octave} << Bits;
    for (std::size_t i = 0; middles.size() < ranks.size() && ranks[middles.size()] <= through;) {
      if (ranks[middles.size()] <= before + (*counts)[i]) {
        middles.push_back(middle_of_bucket(bucket + i, Bits));
      } else {
        before += (*counts)[i++];
      }
    }
    before = through;
  });
  return middles;
}

template <int Bits, template <typename> typename Directory>
double BasicHistogram<Bits, Directory>::order_statistic(std::uint64_t rank) const {
  return order_statistics({&rank, 1}).front();
}

template <int Bits, template <typename> typename Directory>
std::size_t BasicHistogram<Bits, Directory>::memory_bytes() const noexcept {
  return pages_.memory_bytes() + page_count_ * sizeof(Page);
}

template class BasicHistogram<10, OctaveArray>;
template class BasicHistogram<5, OctaveMap>;

}  // namespace millrace
