// SPDX-License-Identifier: Apache-2.0
#include "engine/schedule.hpp"

#include <algorithm>

namespace millrace {

detail::Lane& Schedule::lane(std::uint32_t slot, std::uint32_t blocks) {
  if (slot >= lanes_.size()) lanes_.resize(std::size_t{slot} + 1);
  if (!lanes_[slot]) lanes_[slot] = std::make_unique<detail::Lane>(blocks);
  return *lanes_[slot];
}

void Schedule::begin(std::int64_t now_ns, bool everything) noexcept {
  now_ns_ = now_ns;
  everything_ = everything || closing_;
  was_idle_ = !took_any_;
  took_any_ = false;
  enter_lane(0);
}

void Schedule::enter_lane(std::size_t slot) noexcept {
  cursor_ = slot;
  left_of_lane_ = slot < lanes_.size() && lanes_[slot] ? lanes_[slot]->open_blocks() : 0;
}

std::optional<Schedule::Pick> Schedule::next() {
  return by_place_ ? next_by_place() : next_in_line();
}

std::optional<Schedule::Pick> Schedule::next_in_line() {
  for (; cursor_ < lanes_.size(); enter_lane(cursor_ + 1)) {
    if (left_of_lane_ == 0) continue;
    --left_of_lane_;
    detail::Lane& lane = *lanes_[cursor_];
    const auto front = lane.front();
    if (front.available == 0) continue;
    const bool may_wait = front.available < detail::Lane::kSmallSlice && !front.whole;
    if (may_wait && !everything_ && !was_idle_ && !lane.waited(now_ns_, patience_ns_)) continue;
    return Pick{&lane, front, false};
  }
  return std::nullopt;
}

std::optional<Schedule::Pick> Schedule::next_by_place() {
  std::uint64_t least = ~std::uint64_t{0};
  for (auto& lane : lanes_) {
    if (!lane) continue;
    const auto front = lane->front();
    if (front.block == nullptr) continue;
    // order: relaxed; written before the block went through the queue.
    const std::uint64_t place = front.block->place.load(std::memory_order_relaxed);
    const bool ready = front.whole || (closing_ && front.available != 0);
    if (place != place_) {
      if (ready) least = std::min(least, place);
      continue;
    }
    if (!ready) {
      if (closing_) continue;  // it never ended, and nothing more will come
      return std::nullopt;     // it is under way; later ones wait for it
    }
    const bool first = !place_begun_;
    place_begun_ = true;
    return Pick{lane.get(), front, first};
  }
  if (!closing_ || least == ~std::uint64_t{0}) return std::nullopt;
  place_ = least;
  place_begun_ = false;
  return next_by_place();
}

std::uint64_t Schedule::waiting() const noexcept {
  std::uint64_t records = 0;
  for (const auto& lane : lanes_) {
    if (lane) records += lane->waiting();
  }
  return records;
}

void Schedule::done(const Pick& pick, bool cut) noexcept {
  took_any_ = true;
  if (cut) ++left_of_lane_;
  if (by_place_ && pick.front.last_of_place) {
    ++place_;
    place_begun_ = false;
  }
}

}  // namespace millrace
