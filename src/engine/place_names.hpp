// SPDX-License-Identifier: Apache-2.0
//
// PlaceNames: which names the pieces of foreign files use, while they are on their way.
//
// A parser thread announces its piece before it pushes the first record of it; the aggregator asks
// when it comes to that piece, maps the piece's numbers to the run's, and forgets it afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "record/local_names.hpp"

namespace millrace {

class PlaceNames {
 public:
  struct Pair {
    LocalNames labels;
    LocalNames errors;
  };

  std::shared_ptr<Pair> announce(std::uint64_t place) {
    auto names = std::make_shared<Pair>();
    const std::lock_guard lock(mutex_);
    places_.emplace(place, names);
    return names;
  }
  /// nullptr when the place was not announced: its numbers are the run's own.
  [[nodiscard]] std::shared_ptr<Pair> take(std::uint64_t place) {
    const std::lock_guard lock(mutex_);
    const auto node = places_.extract(place);
    return node.empty() ? nullptr : node.mapped();
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Pair>> places_;
};

}  // namespace millrace
