// SPDX-License-Identifier: Apache-2.0
#include "stats/selection_part.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "stats/order_key.hpp"
#include "stats/record_key.hpp"

namespace millrace {

void SelectionPart::SubBuckets::add(std::size_t bucket, std::uint64_t key,
                                    std::uint64_t n) noexcept {
  if (count[bucket] == 0) {
    first[bucket] = key;
  } else if (first[bucket] != key) {
    mixed.set(bucket);
  }
  count[bucket] += n;
}

void SelectionPart::SubBuckets::merge(const SubBuckets& other) noexcept {
  mixed |= other.mixed;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (other.count[i] == 0) continue;
    if (count[i] == 0) {
      first[i] = other.first[i];
    } else if (first[i] != other.first[i]) {
      mixed.set(i);
    }
    count[i] += other.count[i];
  }
}

SelectionPart::SelectionPart(const StreamStats& totals, const SelectionPlan& plan)
    : totals_(totals),
      plan_(plan),
      fields_(totals.schema()),
      filter_(totals.schema(), totals.window(), totals.range()) {}

void SelectionPart::begin_pass(std::size_t pairs_max) {
  filter_.restart();
  pairs_max_ = pairs_max;
  seen_.assign(plan_.targets().size(), 0);
  counted_.clear();
  counted_.resize(plan_.targets().size());
  blocks_.clear();
}

void SelectionPart::accumulate(const Slice& all, const NameMap& names) {
  const Schema& schema = totals_.schema();
  LeftOut known;
  const Slice slice = filter_.results(all, known);
  if (plan_.by_label()) {
    const std::byte* at = slice.records;
    for (std::uint32_t i = 0; i < slice.count; ++i, at += slice.record_size) {
      statuses_[i] = status_of(schema, at);
      labels_[i] = totals_.counted_as(label_of(schema, at, names));
    }
  }
  fields_.load(slice);
  for (const SelectionPlan::OfMetric& metric : plan_.metrics()) {
    column_.evaluate(schema.metrics[metric.metric()], fields_);
    if (metric.any_unlabelled()) take_unlabelled(metric, slice);
    if (metric.any_labelled()) take_labelled(metric, slice.count);
  }
}

void SelectionPart::take_unlabelled(const SelectionPlan::OfMetric& metric, const Slice& slice) {
  // Written always, kept only if looked for: no branch that the data decides.
  std::uint32_t hits = 0;
  for (std::uint32_t i = 0; i < slice.count; ++i) {
    hits_[hits] = static_cast<std::uint16_t>(i);
    hits += static_cast<std::uint32_t>(metric.looked_for(order_key(column_.values[i])));
  }
  const Schema& schema = totals_.schema();
  std::span<const SelectionPlan::Candidate> candidates;  // of the bucket of the last hit
  std::uint64_t last = 0;                                // no value's key: it is one of a NaN
  for (std::uint32_t hit = 0; hit < hits; ++hit) {
    const std::uint32_t i = hits_[hit];
    if (column_.state[i] != kPresent) continue;
    const std::uint64_t key = order_key(column_.values[i]);
    if (!metric.same_bucket(key, last)) candidates = metric.candidates(key);
    last = key;
    const std::uint8_t status =
        status_of(schema, slice.records + std::size_t{i} * slice.record_size);
    for (const SelectionPlan::Candidate& candidate : candidates) {
      const bool of_status =
          candidate.status == SelectionPlan::kAnyStatus || candidate.status == status;
      if (of_status && candidate.holds(key)) take(candidate.target, key);
    }
  }
}

void SelectionPart::take_labelled(const SelectionPlan::OfMetric& metric, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    if (column_.state[i] != kPresent) continue;
    const std::uint64_t key = order_key(column_.values[i]);
    metric.of_label(labels_[i], statuses_[i], key,
                    [&](std::uint32_t target) { take(target, key); });
  }
}

void SelectionPart::take(std::uint32_t target, std::uint64_t key) {
  const SelectionPlan::Target& t = plan_.targets()[target];
  if (t.refines()) return count(target, key);
  // More than there were: not the totals' slices. RankSelection::end_pass() will see it.
  if (++seen_[target] <= t.range.count) collect(target, key, 1);
}

void SelectionPart::count(std::uint32_t target, std::uint64_t key) {
  auto& counted = counted_[target];
  if (!counted) counted = std::make_unique<Counted>();
  auto& recent = counted->recent;
  Counted::Pair& pair =
      recent[key * 0x9E3779B97F4A7C15u >> 58];  // Fibonacci hashing, as in slot_of()
  if (pair.key != key) {
    put_away(target, *counted, pair);
    pair = {key, 0};
  }
  ++pair.count;
}

void SelectionPart::put_away(std::uint32_t target, Counted& counted, Counted::Pair& pair) {
  if (pair.count == 0) return;
  const SelectionPlan::Target& t = plan_.targets()[target];
  seen_[target] += pair.count;
  counted.buckets.add((pair.key - t.range.least) >> t.sub_bits(), pair.key, pair.count);
  counted.beyond = counted.beyond || counted.pairs == pairs_max_;
  if (counted.beyond) return;
  ++counted.pairs;
  collect(target, pair.key, pair.count);
}

void SelectionPart::end_pass() {
  for (std::uint32_t target = 0; target < counted_.size(); ++target) {
    if (!counted_[target]) continue;
    for (Counted::Pair& pair : counted_[target]->recent) {
      put_away(target, *counted_[target], pair);
      pair.count = 0;
    }
  }
}

void SelectionPart::collect(std::uint32_t target, std::uint64_t key, std::uint64_t count) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  for (; count != 0; count -= std::min(count, kMost)) {
    if (blocks_.empty() || blocks_.back().size() == kBlockFound) {
      blocks_.emplace_back().reserve(kBlockFound);
    }
    blocks_.back().push_back({key, target, static_cast<std::uint32_t>(std::min(count, kMost))});
  }
}

std::size_t SelectionPart::memory_bytes() const noexcept {
  std::size_t bytes = sizeof *this + seen_.capacity() * kTargetBytes +
                      blocks_.size() * (kBlockFound * kFoundBytes + sizeof(Block));
  for (const auto& counted : counted_) bytes += counted ? kCountedBytes : 0;
  return bytes;
}

}  // namespace millrace
