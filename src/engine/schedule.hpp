// SPDX-License-Identifier: Apache-2.0
//
// Schedule: which slice comes next. Live: lane by lane, what is there, except that a small slice may
// wait for company. By place: whole blocks in the order of their places, whoever filled them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "millrace/options.hpp"

#include "transport/lane.hpp"

namespace millrace {

class Schedule {
 public:
  struct Pick {
    detail::Lane* lane;
    detail::Lane::Front front;
    bool new_place = false;  // the first pick of its place
  };

  explicit Schedule(const EngineOptions& options) noexcept
      : by_place_(options.by_place), patience_ns_(options.flush_interval.count()) {}

  /// The lane of this slot; made when its first block comes.
  detail::Lane& lane(std::uint32_t slot, std::uint32_t blocks);
  /// nullptr: none of its blocks has come yet.
  [[nodiscard]] const detail::Lane* lane(std::uint32_t slot) const noexcept {
    return slot < lanes_.size() ? lanes_[slot].get() : nullptr;
  }

  /// Begins a turn. `everything`: nothing waits.
  void begin(std::int64_t now_ns, bool everything) noexcept;
  [[nodiscard]] std::optional<Pick> next();
  /// After the pick's block is done with. `cut`: not to its end; the rest comes next.
  void done(const Pick& pick, bool cut = false) noexcept;

  [[nodiscard]] std::uint64_t place() const noexcept { return place_; }

  /// No block will be opened any more: places that never ended are taken as they are.
  void closing() noexcept { closing_ = true; }
  /// Records in opened blocks that are not taken.
  [[nodiscard]] std::uint64_t waiting() const noexcept;

 private:
  void enter_lane(std::size_t slot) noexcept;
  [[nodiscard]] std::optional<Pick> next_in_line();
  [[nodiscard]] std::optional<Pick> next_by_place();

  const bool by_place_;
  const std::int64_t patience_ns_;
  std::vector<std::unique_ptr<detail::Lane>> lanes_;  // by slot
  std::int64_t now_ns_ = 0;
  bool everything_ = false;
  bool was_idle_ = true;  // the last turn took nothing: the first slice goes at once
  bool took_any_ = false;
  std::size_t cursor_ = 0;          // the lane we are at
  std::uint32_t left_of_lane_ = 0;  // blocks: one that is refilled while we look must not hold us
  std::uint64_t place_ = 0;
  bool place_begun_ = false;
  bool closing_ = false;
};

}  // namespace millrace
