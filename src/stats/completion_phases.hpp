// SPDX-License-Identifier: Apache-2.0
//
// CompletionPhases: warmup and cooldown as guidellm 0.2.1 has them: decided when a request is over, by its
// number among those that are over, and by when its worker began with it.
//
//   CompletionPhases phases({.warmup_number = 10, .start_ns = opened_ns});
//   if (phases.next(record.resolve_start_ns) == CompletionPhases::Phase::active) ..   // it is kept
#pragma once

#include <cstdint>
#include <optional>

#include "millrace/schema.hpp"

namespace millrace {

struct CompletionLimits {
  // Absent or 0: off. Cooldowns need the maximum.
  std::uint64_t warmup_number = 0, cooldown_number = 0, max_number = 0;
  std::int64_t warmup_ns = 0, cooldown_ns = 0, max_ns = 0;
  std::int64_t start_ns = 0;
  /// 0.2.1 looks for workers that began before the start: no request of a sane clock is in its warmup.
  bool warmup_before_start = false;
};

class CompletionPhases {
 public:
  enum class Phase : std::uint8_t { warmup, active, cooldown };
  explicit CompletionPhases(const CompletionLimits& limits) : limits_(limits) {}

  Phase next(std::int64_t worker_start_ns) noexcept {
    ++number_;
    in_warmup_ = warms_up(worker_start_ns);
    if (in_warmup_) return Phase::warmup;  // and in_cooldown() stays what it was
    in_cooldown_ = cools_down(worker_start_ns);
    return in_cooldown_ ? Phase::cooldown : Phase::active;
  }
  [[nodiscard]] bool in_warmup() const noexcept { return in_warmup_; }
  [[nodiscard]] bool in_cooldown() const noexcept { return in_cooldown_; }

 private:
  [[nodiscard]] bool warms_up(std::int64_t at) const noexcept {
    if (number_ <= limits_.warmup_number) return true;
    if (limits_.warmup_ns == 0 || at == kAbsentTime) return false;
    const std::int64_t ns = limits_.warmup_before_start ? -limits_.warmup_ns : limits_.warmup_ns;
    return at <= limits_.start_ns + ns;
  }
  [[nodiscard]] bool cools_down(std::int64_t at) const noexcept {
    const CompletionLimits& l = limits_;
    if (l.cooldown_number != 0 && l.max_number != 0 && number_ + l.cooldown_number > l.max_number) {
      return true;
    }
    return l.cooldown_ns != 0 && l.max_ns != 0 && at != kAbsentTime &&
           at > l.start_ns + l.max_ns - l.cooldown_ns;
  }

  CompletionLimits limits_;
  std::uint64_t number_ = 0;
  bool in_warmup_ = false, in_cooldown_ = false;
};

}  // namespace millrace
