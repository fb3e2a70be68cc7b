// SPDX-License-Identifier: Apache-2.0
//
// Reservoir: a uniform sample of a sequence whose length nobody knows beforehand.
//
//   Reservoir<GenerationRecord> sample(20, kSampleSeed);
//   for (..) sample.add(record);
//   sample.take()                      // 20 of them, or all where there were fewer, in their order
//
// Sample    Every set of `size` items is as likely as any other: item i, from 0, takes a place drawn from
//           0 to i, if that is one of the sample's. Which set it is follows from the seed and the number of items
//           alone, by integer arithmetic: the same sequence gives the same sample on every machine.
// Memory    `size` items.
// Cost      A multiplication an item.
// Threads   One at a time.
// Source    Algorithm R (Waterman): Vitter, "Random sampling with a reservoir" (1985). Numbers are
//           splitmix64's (Steele, Lea, Flood 2014), drawn from a range by Lemire's "Fast random integer
//           generation in an interval" (2019).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {

template <class T>
class Reservoir {
 public:
  Reservoir(std::uint64_t size, std::uint64_t seed) : size_(size), state_(seed) {}

  void add(const T& item) {
    const std::uint64_t number = seen_++;
    if (held_.size() < size_) {
      held_.emplace_back(number, item);
    } else if (const std::uint64_t place = below(seen_); place < size_) {
      held_[static_cast<std::size_t>(place)] = {number, item};
    }
  }
  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }
  [[nodiscard]] std::uint64_t held() const noexcept { return held_.size(); }

  /// In the order in which they came; nothing is left.
  [[nodiscard]] std::vector<T> take() {
    std::sort(held_.begin(), held_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<T> items;
    items.reserve(held_.size());
    for (auto& [number, item] : held_) items.push_back(std::move(item));
    held_ = {};
    return items;
  }

 private:
  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // Of 0 to n - 1. What would favour some of them is drawn again.
  std::uint64_t below(std::uint64_t n) noexcept {
    __extension__ using Product = unsigned __int128;
    Product product = static_cast<Product>(next()) * n;
    if (static_cast<std::uint64_t>(product) < n) {
      const std::uint64_t uneven = (0 - n) % n;
      while (static_cast<std::uint64_t>(product) < uneven) {
        product = static_cast<Product>(next()) * n;
      }
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  const std::uint64_t size_;
  std::uint64_t state_;
  std::uint64_t seen_ = 0;
  std::vector<std::pair<std::uint64_t, T>> held_;
};

}  // namespace millrace
