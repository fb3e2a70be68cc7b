// SPDX-License-Identifier: Apache-2.0
//
// Options of the C interface as those of C++.
#pragma once

#include <span>
#include <vector>

#include "millrace/c/engine.h"
#include "millrace/options.hpp"
#include "millrace/percentile.hpp"
#include "millrace/result.hpp"

namespace millrace::c_api {

/// nullptr: the defaults.
Result<EngineOptions> engine_options(const millrace_options* given);
Result<StreamOptions> stream_options(const millrace_stream_options* given);

Result<std::vector<Limit>> limits(const millrace_limit* first, std::size_t count);

/// An array of `count` percentiles, each from 0 to 100.
Result<std::span<const double>> percentiles(const char* what, const double* ps, std::size_t count);
Result<Rule> rule(std::uint64_t number);

}  // namespace millrace::c_api
