// SPDX-License-Identifier: Apache-2.0
#include "stats/spread_cursor.hpp"

#include <algorithm>
#include <limits>

namespace millrace {
namespace {

constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kAtOnce = 16'384;  // events: 128 KiB of keys, which are sorted in the cache

}  // namespace

template <typename Time>
std::uint64_t SpreadCursor<Time>::bound() {
  if (!bound_) bound_ = expected_bound();
  return *bound_;
}

template <typename Time>
std::uint64_t SpreadCursor<Time>::expected_bound() {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  const auto ends_later = [](const Ending& a, const Ending& b) { return a.at > b.at; };
  std::uint64_t least = kEnd;  // of it something must be taken
  double rate = 0;
  endings_.clear();
  const auto add = [&](const Spread& spread) {
    const double from = Time::position(spread.begin_key()), to = Time::position(spread.end_key());
    const double own = to > from ? static_cast<double>(spread.events) / (to - from) : 0;
    endings_.push_back({to, own});
    rate += own;
  };
  for (const UnderWay& one : under_way_) {
    add(one.spread);
    least = std::min(least, one.key);
  }
  std::ranges::make_heap(endings_, ends_later);
  const auto coming = coming_.ahead();
  if (!coming.empty()) least = std::min(least, key_of(coming.front()));
  if (least == kEnd) return kEnd;

  const auto wanted = static_cast<double>(std::max(kAtOnce, 4 * under_way_.size()));
  double at = Time::position(least), expected = 0;
  for (std::size_t next = 0;;) {
    if (next == coming.size() && coming_.more()) return std::max(least, key_of(coming.back()));
    if (next == coming.size() && endings_.empty()) return kEnd;
    const double starts = next < coming.size() ? Time::position(key_of(coming[next])) : kNever;
    const double ends = endings_.empty() ? kNever : endings_.front().at;
    const double until = std::min(starts, ends);
    if (const double more = rate * (until - at); more > 0) {
      if (expected + more >= wanted) {
        return std::max(least, Time::key_near(at + (wanted - expected) / rate));
      }
      expected += more;
    }
    at = until;
    if (ends <= starts) {
      rate -= endings_.front().rate;
      std::ranges::pop_heap(endings_, ends_later);
      endings_.pop_back();
      continue;
    }
    if (++expected >= wanted) return std::max(least, key_of(coming[next]));
    add(coming[next++]);
    std::ranges::push_heap(endings_, ends_later);
  }
}

template <typename Time>
void SpreadCursor<Time>::begin(const Spread& spread) {
  if (!usual_weight_) usual_weight_ = spread.weight;
  under_way_.push_back({spread, 0, SpreadWalk<Time>(spread, 0).key()});
}

template <typename Time>
void SpreadCursor<Time>::put(std::uint64_t key, std::int64_t events, std::int64_t weight) {
  if (events == 1 && weight == *usual_weight_) {
    usual_.push_back(key);
    return;
  }
  // As many at once as a weight can tell.
  constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();
  const Int128 one = weight < 0 ? -Int128{weight} : Int128{weight};
  const auto most =
      static_cast<std::int64_t>(std::max<Int128>(1, kMost / std::max<Int128>(one, 1)));
  for (; events > 0; events -= most) {
    others_.push_back({static_cast<std::uint64_t>(weight * std::min(events, most)), key});
  }
}

// False: that was its last event.
template <typename Time>
bool SpreadCursor<Time>::emit(UnderWay& under_way, std::uint64_t through) {
  const auto [events, weight] = std::pair(under_way.spread.events, under_way.spread.weight);
  SpreadWalk<Time> walk(under_way.spread, under_way.number);
  std::int64_t number = under_way.number;
  std::uint64_t key = under_way.key;
  while (key <= through) {
    const std::int64_t from = number++;
    if (number == events) {
      put(key, 1, weight);
      return false;
    }
    walk.next();
    std::uint64_t next = walk.key();
    if (next == key) {  // the steps are shorter than what tells points in time apart
      std::int64_t step = 1;
      while (step < events - number && walk.key_at(number + step) == key) {
        number += step;
        step = std::min(2 * step, events - number);
      }
      for (; step > 0; step /= 2) {
        while (step < events - number && walk.key_at(number + step) == key) number += step;
      }
      ++number;  // behind the last of that time
      put(key, number - from, weight);
      if (number == events) return false;
      walk = SpreadWalk<Time>(under_way.spread, number);
      next = walk.key();
    } else {
      put(key, 1, weight);
    }
    key = next;
  }
  under_way.number = number;
  under_way.key = key;
  return true;
}

template <typename Time>
std::span<const Weighted> SpreadCursor<Time>::take(std::uint64_t through) {
  for (auto coming = coming_.ahead(); !coming.empty() && key_of(coming.front()) <= through;) {
    begin(coming.front());
    coming_.pass(1);
    coming = coming_.ahead();
  }
  usual_.clear();
  others_.clear();
  for (std::size_t i = 0; i < under_way_.size();) {
    if (emit(under_way_[i], through)) {
      ++i;
    } else {
      under_way_[i] = under_way_.back();
      under_way_.pop_back();
    }
  }
  if (bound_ && through >= *bound_) bound_.reset();
  sort_by_key(std::span(usual_));
  sort_by_key(std::span(others_));
  weighted_.resize(usual_.size());
  std::ranges::transform(usual_, weighted_.begin(), [&](std::uint64_t key) {
    return Weighted{static_cast<std::uint64_t>(*usual_weight_), key};
  });
  std::vector<std::span<const Weighted>> both = {weighted_, others_};
  return merger_.merge(both);
}

template class SpreadCursor<ExactTime>;
template class SpreadCursor<SecondsTime>;

}  // namespace millrace
