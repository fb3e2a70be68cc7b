// SPDX-License-Identifier: Apache-2.0
//
// KeptRequests: the requests that a report lists, by status: all of them, or a uniform sample.
//
//   KeptRequests kept({.sample = 20}, "");
//   for (..) kept.add(record);
//   kept.finish();
//   kept.visit(Status::ok, [&](const GenerationRecord& r) -> Result<void> { .. });   // in their order
//
// Sample    Of each status by itself, whatever the others have (Reservoir, with kSampleSeed + status): the same
//           log gives the same sample, on every machine.
// Memory    The sample, 192 bytes a request; of all requests 376 KiB a status, the others are in files
//           without a name.
// Errors    What could not be put away or read again: visit() says why. Nothing was lost before that is
//           not told then.
// Threads   One at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "millrace/record.hpp"
#include "millrace/result.hpp"

#include "replay/record_pile.hpp"
#include "stats/reservoir.hpp"

namespace millrace {

inline constexpr std::uint64_t kSampleSeed = 0x6D696C6C72616365;  // "millrace"

class KeptRequests {
 public:
  /// `sample`: at most so many of each status; nullopt: all. `dir`: of the files; "": $TMPDIR, else
  /// /tmp.
  KeptRequests(std::optional<std::uint64_t> sample, const std::string& dir);

  void add(const GenerationRecord& record);
  /// Once, behind the last one.
  void finish();

  using Visit = std::function<Result<void>(const GenerationRecord&)>;
  /// The first error of `visit` ends it. As often as one likes.
  [[nodiscard]] Result<void> visit(Status status, const Visit& visit);

  [[nodiscard]] std::optional<std::uint64_t> sample() const noexcept { return sample_; }
  [[nodiscard]] std::uint64_t seen(Status status) const noexcept {
    return lists_[static_cast<std::size_t>(status)].seen;
  }
  [[nodiscard]] std::uint64_t kept(Status status) const noexcept {
    return sample_ ? std::min(*sample_, seen(status)) : seen(status);
  }

 private:
  struct List {
    List(const std::string& dir, std::uint64_t sample_size, std::uint64_t seed)
        : all(dir), reservoir(sample_size, seed) {}
    RecordPile<GenerationRecord> all;  // or
    Reservoir<GenerationRecord> reservoir;
    std::vector<GenerationRecord> sample;  // finished
    std::uint64_t seen = 0;
  };

  const std::optional<std::uint64_t> sample_;
  std::array<List, kStatusCount> lists_;
};

}  // namespace millrace
