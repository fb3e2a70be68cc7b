// SPDX-License-Identifier: Apache-2.0
#include "stats/rank_selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace millrace {
namespace {

constexpr double kNotFound = std::numeric_limits<double>::quiet_NaN();  // no value is one
// All values of so small a label are collected at once: its ranks' buckets hold most of them.
constexpr std::uint64_t kWhole = 1'024;

}  // namespace

RankSelection::RankSelection(const StreamStats& totals, std::vector<Wanted> wanted,
                             SelectionLimits limits)
    : totals_(totals),
      limits_(limits),
      wanted_(std::move(wanted)),
      plan_(std::make_unique<SelectionPlan>()) {
  values_.reserve(wanted_.size());
  for (const Wanted& w : wanted_) values_.emplace_back(w.ranks.size(), kNotFound);
  for (std::size_t i = 0; i < std::max<std::size_t>(1, limits_.parts); ++i) {
    parts_.push_back(std::make_unique<Part>(totals_, *plan_));
  }
  plan_pass();
}

// What a target takes at the most expensive moment, when all is collected and being put in order.
std::size_t RankSelection::cost(const Target& target) const noexcept {
  const std::size_t parts = parts_.size();
  const std::size_t each = SelectionPlan::kTargetBytes + parts * SelectionPart::kTargetBytes;
  if (target.refines()) return each + parts * SelectionPart::kCountedBytes;
  return each + target.range.count * (SelectionPart::kFoundBytes + sizeof(std::uint64_t));
}

void RankSelection::plan_pass() {
  std::size_t taken = 0;
  for (const auto& part : parts_) {
    taken += sizeof *part + SelectionPart::kBlockFound * SelectionPart::kFoundBytes;
  }
  std::vector<Target> targets;
  std::vector<bool> metrics(totals_.schema().metrics.size());
  std::size_t labels = 0;  // numbers up to the greatest that is looked for
  const auto fits = [&](const Target& target) {
    const Wanted& w = wanted_[target.query];
    const std::size_t numbers = w.selected.label ? *w.selected.label + std::size_t{1} : 0;
    std::size_t more = cost(target);
    if (!metrics[w.metric]) more += SelectionPlan::kMetricBytes;
    if (numbers > labels) more += (numbers - labels) * 16 * metrics.size();
    if (!targets.empty() && taken + more > limits_.memory_bytes) return false;
    taken += more;
    metrics[w.metric] = true;
    labels = std::max(labels, numbers);
    targets.push_back(target);
    return true;
  };
  if (passes_ < limits_.passes_max) {
    std::erase_if(waiting_, fits);
    while (waiting_.empty() && next_query_ < wanted_.size()) {
      add_targets(next_query_++, waiting_);
      std::erase_if(waiting_, fits);
    }
  }
  // What is left is for pairs: in a part's blocks, and put together at the end.
  const auto counted = static_cast<std::size_t>(std::ranges::count_if(targets, &Target::refines));
  const std::size_t left = limits_.memory_bytes - std::min(taken, limits_.memory_bytes);
  const std::size_t a_pair = 2 * SelectionPart::kFoundBytes * parts_.size();
  const std::size_t pairs_max = std::min<std::size_t>(
      SelectionPlan::kCollectedMax, left / a_pair / std::max<std::size_t>(1, counted));
  *plan_ = SelectionPlan(std::move(targets), wanted_);
  for (const auto& part : parts_) part->begin_pass(pairs_max);
}

void RankSelection::add_targets(std::size_t query, std::vector<Target>& targets) {
  const Wanted& w = wanted_[query];
  if (w.metric >= totals_.schema().metrics.size()) return;
  const Moments moments = totals_.figures(w.metric, w.selected).moments;
  std::vector<double>& values = values_[query];
  std::size_t first = w.ranks.size(), end = 0;
  for (std::size_t i = 0; i < w.ranks.size(); ++i) {
    if (w.ranks[i] == 0 || w.ranks[i] > moments.count) continue;
    if (w.ranks[i] == 1 || moments.min == moments.max) {
      values[i] = moments.min;
    } else if (w.ranks[i] == moments.count) {
      values[i] = moments.max;
    } else {
      first = std::min(first, i);
      end = i + 1;
    }
  }
  if (first >= end) return;

  if (w.selected.label && moments.count <= kWhole) {
    targets.push_back({query, KeyRange{.count = moments.count}, first, end - first});
    return;
  }
  const auto ranges =
      totals_.ranges_of(w.metric, w.selected, std::span(w.ranks).subspan(first, end - first));
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i > 0 && ranges[i] == ranges[i - 1]) {
      ++targets.back().ranks;
    } else {
      targets.push_back({query, ranges[i], first + i, 1});
    }
  }
}

void RankSelection::end_pass() {
  ++passes_;
  for (const auto& part : parts_) part->end_pass();
  const std::vector<Target>& targets = plan_->targets();
  std::vector<Together> together(targets.size());
  std::size_t values = 0, pairs = 0;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    std::uint64_t seen = 0;
    std::size_t of_target = 0;
    bool beyond = false;
    for (const auto& part : parts_) {
      seen += part->seen(t);
      const auto& counted = part->counted(t);
      if (!counted) continue;
      of_target += counted->pairs;
      beyond = beyond || counted->beyond;
    }
    if (seen != targets[t].range.count) continue;  // not the totals' slices: not found
    std::size_t& next = targets[t].refines() ? pairs : values;
    together[t] = {.complete = true, .beyond = beyond, .begin = next, .end = next};
    if (!targets[t].refines()) {
      values += seen;
    } else if (!beyond) {
      pairs += of_target + seen / std::numeric_limits<std::uint32_t>::max();
    }
  }
  std::vector<std::uint64_t> value_keys(values);
  std::vector<SelectionPart::Found> key_pairs(pairs);
  for (const auto& part : parts_) {
    for (const SelectionPart::Block& block : part->blocks()) {
      for (const SelectionPart::Found& found : block) {
        Together& of_target = together[found.target];
        if (!of_target.complete || of_target.beyond) continue;
        if (targets[found.target].refines()) {
          key_pairs[of_target.end++] = found;
        } else {
          value_keys[of_target.end++] = found.key;
        }
      }
    }
    part->blocks().clear();
  }
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const auto& [complete, beyond, begin, end] = together[t];
    if (!complete) continue;
    if (beyond) {
      settle(targets[t], sub_buckets(t));
    } else if (targets[t].refines()) {
      settle(targets[t], std::span(key_pairs).subspan(begin, end - begin));
    } else {
      settle(targets[t], std::span(value_keys).subspan(begin, end - begin));
    }
  }
  plan_pass();
}

// Of all parts.
SelectionPart::SubBuckets& RankSelection::sub_buckets(std::size_t target) {
  SelectionPart::SubBuckets* all = nullptr;
  for (const auto& part : parts_) {
    const auto& counted = part->counted(target);
    if (!counted) continue;
    if (all != nullptr) all->merge(counted->buckets);
    if (all == nullptr) all = &counted->buckets;
  }
  return *all;
}

void RankSelection::found(const Target& target, std::size_t rank, std::uint64_t key) {
  values_[target.query][target.first_rank + rank] = value_of_key(key);
}

void RankSelection::settle(const Target& target, std::span<std::uint64_t> keys) {
  const auto ranks =
      std::span(wanted_[target.query].ranks).subspan(target.first_rank, target.ranks);
  auto from = keys.begin();
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const auto at = keys.begin() + static_cast<std::ptrdiff_t>(ranks[i] - target.range.before - 1);
    if (at >= from) {
      std::nth_element(from, at, keys.end());
      from = at + 1;
    }
    found(target, i, *at);
  }
}

void RankSelection::settle(const Target& target, std::span<SelectionPart::Found> pairs) {
  const auto ranks =
      std::span(wanted_[target.query].ranks).subspan(target.first_rank, target.ranks);
  std::ranges::sort(pairs, {}, &SelectionPart::Found::key);
  std::uint64_t through = target.range.before;
  std::size_t rank = 0;
  for (const SelectionPart::Found& pair : pairs) {
    through += pair.count;
    for (; rank < ranks.size() && ranks[rank] <= through; ++rank) found(target, rank, pair.key);
  }
}

void RankSelection::settle(const Target& target, const SelectionPart::SubBuckets& counted) {
  const auto ranks =
      std::span(wanted_[target.query].ranks).subspan(target.first_rank, target.ranks);
  std::uint64_t before = target.range.before;
  std::size_t rank = 0;
  for (std::size_t i = 0; i < counted.count.size() && rank < ranks.size(); ++i) {
    const std::size_t first = rank;
    while (rank < ranks.size() && ranks[rank] <= before + counted.count[i]) ++rank;
    if (rank > first && !counted.mixed[i]) {
      for (std::size_t r = first; r < rank; ++r) found(target, r, counted.first[i]);
    } else if (rank > first) {
      const KeyRange narrower{target.range.least + (std::uint64_t{i} << target.sub_bits()),
                              target.sub_bits(), before, counted.count[i]};
      waiting_.push_back({target.query, narrower, target.first_rank + first, rank - first});
    }
    before += counted.count[i];
  }
}

std::vector<std::optional<double>> RankSelection::values(std::size_t i) const {
  std::vector<std::optional<double>> values;
  values.reserve(values_[i].size());
  for (const double value : values_[i]) {
    values.push_back(std::isnan(value) ? std::nullopt : std::optional(value));
  }
  return values;
}

std::size_t RankSelection::memory_bytes() const noexcept {
  std::size_t bytes = plan_->memory_bytes() + waiting_.capacity() * sizeof(Target);
  for (const auto& part : parts_) bytes += part->memory_bytes();
  return bytes;
}

}  // namespace millrace
