// SPDX-License-Identifier: Apache-2.0
#include "replay/modality_join.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace millrace {

void ModalityJoin::visit(const Visit& visit) {
  std::optional<std::uint64_t> id;
  std::vector<std::uint64_t> counts;  // of this id
  std::uint64_t requests = 0, request = 0;
  const auto end_id = [&] {
    if (requests != 1) {
      unmatched_ += counts.size();
    } else {
      std::ranges::sort(counts);
      for (const std::uint64_t number : counts) visit(requests_.at(request), counts_.at(number));
    }
    counts.clear();
    requests = 0;
  };
  visit_sorted({&order_}, [&](std::span<const Weighted> items) {
    for (const Weighted& item : items) {
      if (item.key != id) end_id();
      id = item.key;
      if (item.weight % 2 != 0) {
        counts.push_back(item.weight / 2);
      } else {
        ++requests;
        request = item.weight / 2;
      }
    }
  });
  end_id();
}

}  // namespace millrace
