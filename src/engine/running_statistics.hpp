// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "millrace/running.hpp"

#include "stats/stream_stats.hpp"

namespace millrace {

/// As users see them; nullopt: the records are no GenerationRecords.
std::optional<RunningStatistics> running_statistics(const StreamStats& stats);

}  // namespace millrace
