// SPDX-License-Identifier: Apache-2.0
#include "stats/sorter.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t kFirstBytes = 4 << 10;
constexpr std::size_t kLeastBytes = 64 << 10;  // of a sorter, whatever the room
constexpr std::size_t kReadBytes = 32 << 10;   // of a run at once

// How many are not beyond that key.
template <typename Item>
std::size_t through(std::span<const Item> items, std::uint64_t key) {
  const auto beyond =
      std::ranges::upper_bound(items, key, {}, [](const Item& item) { return key_of(item); });
  return static_cast<std::size_t>(beyond - items.begin());
}

}  // namespace

template <typename Item>
Sorter<Item>::~Sorter() {
  release();
}

template <typename Item>
Sorter<Item>::Sorter(Sorter&& other) noexcept
    : room_(other.room_),
      pages_(std::move(other.pages_)),
      capacity_(std::exchange(other.capacity_, 0)),
      items_(std::exchange(other.items_, 0)),
      sorted_(std::exchange(other.sorted_, 0)),
      runs_(std::move(other.runs_)),
      put_away_(std::exchange(other.put_away_, 0)) {
  if (held_bytes() == 0) return;
  room_->move_out(other);
  room_->move_in(*this);  // in the other's place: no memory is asked for
}

template <typename Item>
void Sorter<Item>::release() noexcept {
  if (held_bytes() == 0) return;
  room_->give_back(held_bytes());
  room_->move_out(*this);
  pages_.release();
  capacity_ = 0;
}

template <typename Item>
void Sorter<Item>::make_room() {
  const std::size_t before = held_bytes();
  const std::size_t more = before == 0 ? kFirstBytes : before;
  if (before == 0) room_->move_in(*this);
  if (before + more <= kLeastBytes) {
    room_->take_anyway(more);
  } else if (!room_->take(*this, more)) {
    return put_away();
  }
  if (!pages_.grow(before + more)) {
    room_->give_back(more);
    if (before == 0) room_->move_out(*this);
    throw std::bad_alloc();
  }
  capacity_ = pages_.bytes() / sizeof(Item);
}

template <typename Item>
void Sorter<Item>::sort() {
  if (sorted_ == items_) return;
  sort_by_key(std::span(held(), items_));
  sorted_ = items_;
}

template <typename Item>
void Sorter<Item>::put_away() {
  sort();
  runs_.push_back({room_->put_away(std::as_bytes(std::span(held(), items_))), items_});
  put_away_ += items_;
  items_ = sorted_ = 0;
}

template <typename Item>
bool Sorter<Item>::put_away_all() {
  if (cursors_ != 0) return false;
  if (items_ != 0) put_away();
  release();
  return true;
}

template <typename Item>
SortedCursor<Item>::SortedCursor(Sorter<Item>& sorter) : sorter_(sorter) {
  sorter.sort();
  held_ = {sorter.held(), sorter.items_};
  for (const auto& run : sorter.runs_) runs_.push_back({run, {}, {}});
  ++sorter.cursors_;
}

// Each run shows something, or is gone.
template <typename Item>
void SortedCursor<Item>::read_on() {
  for (Reading& run : runs_) {
    if (!run.ahead.empty()) continue;
    run.buffer.resize(std::min<std::uint64_t>(run.rest.items, kReadBytes / sizeof(Item)));
    if (!sorter_.room_->read(run.rest.offset, std::as_writable_bytes(std::span(run.buffer)))) {
      run.buffer.clear();
      run.rest.items = 0;
    }
    run.rest.offset += run.buffer.size() * sizeof(Item);
    run.rest.items -= run.buffer.size();
    run.ahead = run.buffer;
  }
  std::erase_if(runs_, [](const Reading& run) { return run.ahead.empty(); });
}

template <typename Item>
void SortedCursor<Item>::fill() {
  read_on();
  if (runs_.empty()) {
    ahead_ = std::exchange(held_, {});
    return;
  }
  // As far as all that comes is known.
  std::uint64_t bound = std::numeric_limits<std::uint64_t>::max();
  const auto shown = held_.first(std::min(held_.size(), kReadBytes / sizeof(Item)));
  if (shown.size() < held_.size()) bound = key_of(shown.back());
  for (const Reading& run : runs_) {
    if (run.rest.items != 0) bound = std::min(bound, key_of(run.ahead.back()));
  }
  merged_.clear();
  const auto take = [&](std::span<const Item>& items, std::size_t known) {
    const auto taken = items.first(through(items.first(known), bound));
    merged_.insert(merged_.end(), taken.begin(), taken.end());
    items = items.subspan(taken.size());
  };
  take(held_, shown.size());
  for (Reading& run : runs_) take(run.ahead, run.ahead.size());
  std::erase_if(runs_, [](const Reading& run) { return run.ahead.empty() && run.rest.items == 0; });
  sort_by_key(std::span(merged_));
  ahead_ = merged_;
}

template class Sorter<std::uint64_t>;
template class Sorter<Weighted>;
template class Sorter<Spread>;
template class SortedCursor<std::uint64_t>;
template class SortedCursor<Weighted>;
template class SortedCursor<Spread>;

}  // namespace millrace
