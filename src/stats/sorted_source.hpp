// SPDX-License-Identifier: Apache-2.0
//
// SortedSource: weighted items in ascending order, as far at a time as all sources of a merge know them.
//
//   std::uint64_t through = ~std::uint64_t{0};
//   for (SortedSource* source : sources) through = std::min(through, source->bound());
//   for (SortedSource* source : sources) spans.push_back(source->take(through));
//   merger.merge(spans)
#pragma once

#include <cstdint>
#include <span>

#include "stats/weighted.hpp"

namespace millrace {

class SortedSource {
 public:
  virtual ~SortedSource() = default;
  [[nodiscard]] virtual bool at_end() = 0;
  /// Through which key all items are known; of the source with the least bound something is taken, or it
  /// makes a step to its end.
  [[nodiscard]] virtual std::uint64_t bound() = 0;
  /// What is known through that key, which is not beyond the bound. Of the items at the key itself some may
  /// be left for the next time. Valid until then.
  [[nodiscard]] virtual std::span<const Weighted> take(std::uint64_t through) = 0;
};

}  // namespace millrace
