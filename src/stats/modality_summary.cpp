// SPDX-License-Identifier: Apache-2.0
#include "stats/modality_summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace millrace {
namespace {

constexpr double kNearSeconds = 1e-4;  // events as near as that are one

std::int64_t weight_of(double count) noexcept {
  return std::llround(std::clamp(count, -kModalCountMost, kModalCountMost) *
                      static_cast<double>(kOne));
}

}  // namespace

struct ModalitySummarizer::Part {
  Part(const TimeAxis& axis, SortRoom& room)
      : values(room), ends(axis, room), changes(axis, room) {}
  WeightedSorter values;
  Timeline ends, changes;
  std::uint64_t intervals = 0;
};

ModalitySummarizer::ModalitySummarizer(std::int64_t origin_ns, SortRoom& room)
    : room_(room), axis_(origin_ns, TimeAxis::Arithmetic::seconds) {}

ModalitySummarizer::~ModalitySummarizer() = default;

void ModalitySummarizer::add(std::int64_t start_ns, std::int64_t end_ns, Status status,
                             const ModalityRecord& counts) {
  if (start_ns == kAbsentTime || end_ns == kAbsentTime) return;
  const auto by = std::min<std::size_t>(static_cast<std::size_t>(status), kStatusCount - 1);
  const bool timed = axis_.key(start_ns) && axis_.key(end_ns);
  bool any = false;
  for (std::size_t m = 0; m < kModalities.size(); ++m) {
    const double of[kSides] = {counts.input.*kModalities[m].count,
                               counts.output.*kModalities[m].count};
    if (!std::isfinite(of[0]) && !std::isfinite(of[1])) continue;
    any = true;
    for (std::size_t side = 0; side < kSides; ++side) {
      auto& part = parts_[m][side][by];
      if (!part) part = std::make_unique<Part>(axis_, room_);
      const bool known = std::isfinite(of[side]);
      if (known) part->values.add(Weighted::of(of[side]));
      if (!timed) continue;
      const std::int64_t weight = known ? weight_of(of[side]) : 0;
      if (known && std::abs(of[side]) > kModalCountMost) ++beyond_count_;
      part->ends.add(end_ns, weight);
      part->changes.add(start_ns, weight);
      part->changes.add(end_ns, -weight);
      ++part->intervals;
    }
  }
  if (any && !timed) ++beyond_time_;
}

// Of one side, or of both together as if each were a request.
std::optional<ModalitySummary::Side> ModalitySummarizer::side(std::size_t modality,
                                                              std::span<const std::size_t> sides) {
  const auto of_statuses = [&](std::span<const std::size_t> statuses, ModalitySummary::Side& side,
                               auto&& pick) {
    std::vector<WeightedSorter*> values;
    std::vector<Timeline*> ends, changes;
    std::uint64_t intervals = 0;
    for (const std::size_t s : sides) {
      for (const std::size_t status : statuses) {
        Part* const part = parts_[modality][s][status].get();
        if (part == nullptr) continue;
        values.push_back(&part->values);
        ends.push_back(&part->ends);
        changes.push_back(&part->changes);
        intervals += part->intervals;
      }
    }
    if (values.empty()) return;
    pick(side.value) = distribution_of(values, {.count = DistributionRule::Count::weights});
    if (intervals == 0) return;
    const auto given = [](std::uint64_t n) {
      return DistributionRule{.count = DistributionRule::Count::given, .number = n};
    };
    WeightedSorter rates(room_), levels(room_);
    const RateTotals totals = add_rates(ends, {kNearSeconds, {}}, rates);
    pick(side.per_second) = distribution_of({&rates}, given(totals.count()));
    add_levels(changes, {kNearSeconds, {}}, levels);
    pick(side.concurrency) = distribution_of({&levels}, given(intervals));
  };
  ModalitySummary::Side made;
  std::vector<std::size_t> all;
  for (std::size_t status = 0; status < kStatusCount; ++status) {
    of_statuses(std::array{status}, made,
                [status](StatusDistributions& d) -> Distribution& { return d.by_status[status]; });
    all.push_back(status);
  }
  of_statuses(all, made, [](StatusDistributions& d) -> Distribution& { return d.total; });
  if (made.value.total.count == 0) return std::nullopt;
  return made;
}

ModalitySummary ModalitySummarizer::finish() {
  ModalitySummary summary;
  for (std::size_t m = 0; m < kModalities.size(); ++m) {
    auto& quantity = summary.of[m];
    quantity.input = side(m, std::array<std::size_t, 1>{0});
    quantity.output = side(m, std::array<std::size_t, 1>{1});
    if (quantity.input && quantity.output) {
      quantity.total = side(m, std::array<std::size_t, 2>{0, 1});
    }
  }
  summary.beyond_time = beyond_time_;
  summary.beyond_count = beyond_count_;
  return summary;
}

}  // namespace millrace
