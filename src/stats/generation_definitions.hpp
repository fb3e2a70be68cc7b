// SPDX-License-Identifier: Apache-2.0
//
// The tables of definitions. guidellm's compute with seconds in doubles, as it does: which values are equal,
// and so the mode, and which events are near one another, depends on it.
#pragma once

#include "stats/generation_profile.hpp"

namespace millrace {

GenerationProfile millrace_profile();
GenerationProfile guidellm_0_2_1();
GenerationProfile guidellm_0_7_3();

inline double seconds_between(std::int64_t from_ns, std::int64_t to_ns) noexcept {
  return seconds_of(to_ns) - seconds_of(from_ns);
}

}  // namespace millrace
