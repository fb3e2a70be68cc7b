// SPDX-License-Identifier: Apache-2.0
//
// GuardedRange: a mapped file that somebody else may cut while we use it. Without it the next access
// beyond the cut kills the host by SIGBUS.
//
//   auto guard = GuardedRange::add(memory, bytes).value();
//   memory[offset] = ...;
//   if (guard.hit()) ...;             // the file was cut: what was written behind it is in no file
//
// On a cut  The handler maps zero pages over the rest of the range and returns: the access is made
//           again and succeeds. hit() stays true. Each page is replaced once, by whichever thread gets
//           there first: what another has written since is kept.
// The host  Faults elsewhere, and signals that somebody sent, go to the handler that was there before;
//           if there was none the host dies of it as it would without us. The handler is installed
//           with the first range and goes with the last, unless the host has put its own above it.
// Threads   add() and the destructor any, under a lock. The handler takes no lock and calls mmap,
//           madvise and sigaction only. No thread may use a range that is being removed.
// Cost      None until a fault; then a scan of the ranges (at most kRangesMax).
#pragma once

#include <cstddef>
#include <cstdint>

#include "millrace/result.hpp"

namespace millrace::detail {

class GuardedRange {
 public:
  static constexpr std::size_t kRangesMax = 8192;  // two engines of 4,096 workers

  /// `memory` is where a page begins. Errc::limit: there are kRangesMax already.
  static Result<GuardedRange> add(void* memory, std::size_t bytes);
  GuardedRange() = default;  // guards nothing
  GuardedRange(GuardedRange&& other) noexcept;
  GuardedRange& operator=(GuardedRange&& other) noexcept;
  /// Before the range is unmapped. In a forked child it does nothing.
  ~GuardedRange();

  /// Whether an access has met the end of the file. Sticky.
  [[nodiscard]] bool hit() const noexcept;

  /// Whether SIGBUS comes to us first; a handler that the host installed later should call ours.
  static bool in_force() noexcept;

 private:
  explicit GuardedRange(std::uint32_t slot) noexcept : slot_(slot) {}
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::uint32_t slot_ = kNone;
};

}  // namespace millrace::detail
