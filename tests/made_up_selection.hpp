// SPDX-License-Identifier: Apache-2.0
//
// A RankSelection over a made-up stream, and what it should find.
#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "made_up_stream.hpp"
#include "stats/rank_selection.hpp"

namespace millrace::made_up {

inline constexpr std::size_t kSlice = 500;

template <typename Use>
void for_each_slice(std::span<const Sample> samples, Use&& use) {
  for (; !samples.empty();
       samples = samples.subspan(std::min<std::size_t>(kSlice, samples.size()))) {
    use(slice_of(samples.first(std::min<std::size_t>(kSlice, samples.size()))));
  }
}

inline std::unique_ptr<StreamStats> totals_of(std::span<const Sample> samples, bool exact = false) {
  auto totals = stats_of({}, exact);
  for_each_slice(samples, [&](const Slice& slice) { totals->accumulate(slice, {}); });
  totals->end_segment();
  return totals;
}

// Slices to parts at random.
inline void run(RankSelection& selection, std::span<const Sample> samples,
                std::mt19937_64& random) {
  while (!selection.done()) {
    for_each_slice(samples, [&](const Slice& slice) {
      selection.part(random() % selection.parts()).accumulate(slice, {});
    });
    selection.end_pass();
  }
}

// The values of a selection, through a store that holds them.
inline std::vector<double> oracle(std::span<const Sample> samples, const Wanted& wanted) {
  const Schema schema = schema_of({});
  Arena arena(std::size_t{1} << 30);
  ExactStore store(arena);
  FieldColumns fields(schema);
  auto column = std::make_unique<Column>();
  for_each_slice(samples, [&](const Slice& slice) {
    fields.load(slice);
    column->evaluate(schema.metrics[wanted.metric], fields);
    for (std::uint32_t i = 0; i < slice.count; ++i) {
      const std::byte* at = slice.records + std::size_t{i} * slice.record_size;
      const bool selected =
          (!wanted.selected.status ||
           static_cast<std::uint8_t>(*wanted.selected.status) == status_of(schema, at)) &&
          (!wanted.selected.label || *wanted.selected.label == label_of(schema, at, {}));
      if (selected && column->state[i] == kPresent) {
        EXPECT_TRUE(store.add({&column->values[i], 1}));
      }
    }
  });
  std::vector<std::uint64_t> ranks;
  for (const std::uint64_t rank : wanted.ranks) {
    if (rank >= 1 && rank <= store.count()) ranks.push_back(rank);
  }
  const ExactStore* stores[] = {&store};
  return ExactStore::order_statistics(stores, ranks);
}

inline void expect_exact(const RankSelection& selection, std::size_t w,
                         std::span<const Sample> samples) {
  const Wanted& wanted = selection.wanted()[w];
  const std::vector<double> expected = oracle(samples, wanted);
  std::vector<double> found;
  for (const auto& value : selection.values(w)) {
    if (value) found.push_back(*value);
  }
  ASSERT_EQ(found.size(), expected.size()) << "metric " << wanted.metric;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint64_t>(found[i]), std::bit_cast<std::uint64_t>(expected[i]))
        << found[i] << " for " << expected[i] << ", metric " << wanted.metric;
  }
}

inline void expect_exact(const RankSelection& selection, std::span<const Sample> samples) {
  for (std::size_t w = 0; w < selection.wanted().size(); ++w) expect_exact(selection, w, samples);
}

}  // namespace millrace::made_up
