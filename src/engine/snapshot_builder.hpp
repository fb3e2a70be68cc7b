// SPDX-License-Identifier: Apache-2.0
//
// The live numbers of an aggregator, between two of its turns.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "millrace/options.hpp"
#include "millrace/snapshot.hpp"

#include "engine/aggregator.hpp"

namespace millrace {

/// Percentiles come from histograms: about 10 us a metric, whatever the number of values.
StreamSnapshot stream_snapshot(const std::string& name, const StreamStats& stats,
                               std::span<const double> percentiles);
Snapshot build_snapshot(const Aggregator& aggregator, const EngineOptions& options,
                        std::int64_t elapsed_ns);

}  // namespace millrace
