// SPDX-License-Identifier: Apache-2.0
//
// RunningStat: what a live display shows of one quantity without keeping its values. In whole units of the
// quantity, ns or pieces, so that nothing depends on how a run was cut into parts.
//
//   stat.update(ns);            // one value
//   stat.update(ns, 41);        // a sum over 41 gaps
//   stat.mean(), stat.rate(elapsed_seconds)
//
// Merge     Exact; `last` is that of the later part.
// Empty     mean() and rate() are 0, as both seeds show it.
#pragma once

#include <cstdint>

#include "stats/sum.hpp"

namespace millrace {

struct RunningStat {
  std::uint64_t count = 0;
  Int128 total = 0;
  std::int64_t last = 0;

  void update(std::int64_t value, std::uint64_t of = 1) noexcept {
    count += of;
    total += value;
    last = value;
  }
  void merge(const RunningStat& later) noexcept {
    if (later.count == 0) return;
    count += later.count;
    total += later.total;
    last = later.last;
  }
  [[nodiscard]] double mean() const noexcept {
    return count == 0 ? 0 : static_cast<double>(total) / static_cast<double>(count);
  }
  [[nodiscard]] double rate(double seconds) const noexcept {
    return count == 0 || !(seconds > 0) ? 0 : static_cast<double>(total) / seconds;
  }
};

/// A level that holds until the next one is told, e.g. of requests under way.
struct RunningLevel {
  Int128 weighted = 0;  // sum of level * ns
  Int128 ns = 0;
  std::int64_t last = 0;
  std::int64_t first_ns = 0, last_ns = 0;
  bool any = false;

  /// Times that go back count as the last one.
  void update(std::int64_t level, std::int64_t at_ns) noexcept {
    if (!any) first_ns = last_ns = at_ns;
    any = true;
    hold_until(at_ns);
    last = level;
  }
  /// What began anew after this; times that they have in common count twice.
  void append(const RunningLevel& later) noexcept {
    if (!later.any) return;
    if (!any) {
      *this = later;
      return;
    }
    hold_until(later.first_ns);
    weighted += later.weighted;
    ns += later.ns;
    last = later.last;
    last_ns = later.last_ns > last_ns ? later.last_ns : last_ns;
  }
  /// Over the time since the first level; 0 while none has passed.
  [[nodiscard]] double mean() const noexcept {
    return ns == 0 ? 0 : static_cast<double>(weighted) / static_cast<double>(ns);
  }

 private:
  void hold_until(std::int64_t at_ns) noexcept {
    if (at_ns <= last_ns) return;
    const Int128 held = static_cast<Int128>(at_ns) - last_ns;
    weighted += last * held;
    ns += held;
    last_ns = at_ns;
  }
};

}  // namespace millrace
