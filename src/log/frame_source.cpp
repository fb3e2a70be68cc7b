// SPDX-License-Identifier: Apache-2.0
#include "log/frame_source.hpp"

#include <utility>

namespace millrace::log {

void note(std::vector<Damage>& damages, Damage damage) {
  if (damages.size() < kDamagesMax) {
    damages.push_back(std::move(damage));
    return;
  }
  Damage& last = damages.back();
  last.what = "and further places, not listed one by one";
  last.bytes += damage.bytes;
}

}  // namespace millrace::log
