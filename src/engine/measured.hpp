// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "millrace/options.hpp"
#include "millrace/result.hpp"
#include "millrace/summary.hpp"

namespace millrace {

/// Which results count, as phases say. Absent: all.
struct Measured {
  std::optional<TimeWindow> window;
  std::optional<ResultRange> range;
};

/// `now_ns`: the start where the phases name none. Errors name what does not fit together.
Result<Measured> measured(const Phases& phases, std::int64_t now_ns);

}  // namespace millrace
