// SPDX-License-Identifier: Apache-2.0
//
// StartHistogram: how many requests began in each part of a run, by status.
//
//   StartHistogram starts(first_start_ns, last_start_ns);
//   starts.add(record.start_ns, record.status);
//   starts.counts(Status::ok)[0]                      // in the first sixtieth
//
// Memory   As large as it is made. What is out of its range is not counted.
// Threads  One at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "millrace/schema.hpp"

namespace millrace {

class StartHistogram {
 public:
  static constexpr std::size_t kParts = 60;
  using Counts = std::array<std::uint64_t, kParts>;

  StartHistogram(std::int64_t first_ns, std::int64_t last_ns) noexcept
      : first_ns_(first_ns), last_ns_(last_ns) {}

  void add(std::int64_t start_ns, Status status) noexcept {
    if (start_ns < first_ns_ || start_ns > last_ns_) return;
    const auto part = static_cast<std::size_t>(
        (static_cast<double>(start_ns) - static_cast<double>(first_ns_)) / 1e9 / seconds());
    ++counts_[std::min<std::size_t>(static_cast<std::size_t>(status), kStatusCount - 1)]
             [std::min(part, kParts - 1)];
  }

  [[nodiscard]] const Counts& counts(Status status) const noexcept {
    return counts_[static_cast<std::size_t>(status)];
  }
  /// Of one part.
  [[nodiscard]] double seconds() const noexcept {
    const double all = (static_cast<double>(last_ns_) - static_cast<double>(first_ns_)) / 1e9;
    return all > 0 ? all / kParts : 1;
  }

 private:
  std::int64_t first_ns_, last_ns_;
  std::array<Counts, kStatusCount> counts_{};
};

}  // namespace millrace
