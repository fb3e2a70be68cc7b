// SPDX-License-Identifier: Apache-2.0
//
// The account of a run in words, for what records do not tell: how well the schedule was kept, what was
// not sent, over how many connections, and what of the CPU was the engine's.
#pragma once

#include <string>
#include <vector>

#include "load/load_run.hpp"
#include "load/thread_cpu.hpp"

namespace millrace::load {

struct LoadAccount {
  const LoadPlan& plan;
  const LoadTally& tally;
  CpuUse before, after;
};

/// One line each.
std::vector<std::string> lines_of(const LoadAccount& account);

}  // namespace millrace::load
