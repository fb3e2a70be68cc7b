// SPDX-License-Identifier: Apache-2.0
//
// Digest: all numbers of streams in 64 bits, so that two computations of the same records can be
// compared: live and replayed, one thread and many, this machine and that one.
//
//   Digest digest;
//   for (const auto& stream : streams) {
//     digest.add(stream.name);
//     add_numbers(digest, *stream.stats, label_names, error_names);
//   }
//   digest.value();
//
// What      Doubles enter by their bits, but -0.0 is +0.0 and every NaN is the same one; texts with
//           their length. Labels and error classes enter by name, in the order of names: how they
//           were numbered, and in which order they came, makes no difference.
// Strength  A checksum (CRC-64): equal digests of different numbers are an accident of 2^-64, not
//           something that an adversary could not make.
// Threads   One.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "stats/stream_stats.hpp"

namespace millrace {

class Digest {
 public:
  void add(std::uint64_t number) noexcept;
  void add(double number) noexcept;
  void add(std::string_view text) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept;

 private:
  std::array<std::uint64_t, 512> words_;  // not yet in crc_
  std::size_t used_ = 0;
  std::uint64_t crc_ = 0;
};

/// What add_numbers() asks for. Values that are not held are best found in one RankSelection before, of
/// stats.wanted_for(kDigestPercentiles, kDigestRules, true, false), and told by stats.know().
inline constexpr std::array kDigestPercentiles{0.0,  1.0,  10.0, 25.0, 50.0,  75.0,
                                               90.0, 95.0, 99.0, 99.9, 99.99, 100.0};
inline constexpr std::array kDigestRules{Rule::nearest_rank, Rule::linear};

/// Names by number, as the stats' records carry them; [0] is "", [1] is "other". Of each metric:
/// counts, sums and moments by status and label, and percentiles by nearest rank and linear, over all
/// and by status. Percentiles that are not exact enter as they are shown.
void add_numbers(Digest& digest, const StreamStats& stats, std::span<const std::string> labels,
                 std::span<const std::string> errors);

}  // namespace millrace
