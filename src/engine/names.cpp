// SPDX-License-Identifier: Apache-2.0
#include "engine/names.hpp"

#include <algorithm>

#include "record/local_names.hpp"

namespace millrace {

// 16-bit numbers, two of them taken.
Names::Names(std::uint32_t names_max)
    : names_max_(std::min<std::size_t>(names_max, 65'533)), names_{"", "other"} {}

std::uint16_t Names::number(std::string_view name) {
  if (name.empty()) return kNone;
  name = LocalNames::cut(name);
  const std::lock_guard lock(mutex_);
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  if (numbers_.size() >= names_max_) return kOther;
  const auto number = static_cast<std::uint16_t>(names_.size());
  names_.emplace_back(name);
  numbers_.emplace(name, number);
  return number;
}

std::vector<std::string> Names::all() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

}  // namespace millrace
