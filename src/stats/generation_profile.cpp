// SPDX-License-Identifier: Apache-2.0
#include "stats/generation_profile.hpp"

#include <algorithm>

#include "stats/generation_definitions.hpp"

namespace millrace {

std::span<const GenerationProfile> generation_profiles() {
  static const GenerationProfile profiles[] = {millrace_profile(), guidellm_0_2_1(),
                                               guidellm_0_7_3()};
  return profiles;
}

const GenerationProfile* generation_profile(std::string_view name) {
  const auto all = generation_profiles();
  const auto at = std::find_if(all.begin(), all.end(), [&](const GenerationProfile& profile) {
    return profile.name == name;
  });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace millrace
