// SPDX-License-Identifier: Apache-2.0
#include "c_api/losses.hpp"

namespace millrace::c_api {

millrace_losses losses_of(std::span<const RunReport> runs, std::size_t folder_damages,
                          bool interrupted) {
  millrace_losses losses{};
  losses.whole = folder_damages == 0 && !interrupted;
  losses.interrupted = interrupted;
  losses.closed = 1;
  losses.damaged = folder_damages;
  for (const RunReport& run : runs) {
    if (!run.whole()) losses.whole = 0;
    if (!run.closed) losses.closed = 0;
    if (run.alive) losses.alive = 1;
    losses.records += run.records;
    losses.damaged += run.damages.size();
    losses.missing += run.missing;
    losses.dropped += run.dropped;
    losses.unlogged += run.unlogged;
    losses.lost += run.lost;
    losses.from_rings += run.from_rings;
  }
  return losses;
}

}  // namespace millrace::c_api
