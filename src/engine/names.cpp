// SPDX-License-Identifier: Apache-2.0
#include "engine/names.hpp"

#include <algorithm>

#include "record/local_names.hpp"

namespace millrace {

Names::Names(std::uint32_t names_max)
    : names_max_(std::min(names_max, kNamesMax)), names_{"", "other"} {}

std::uint16_t Names::number(std::string_view name) {
  if (name.empty()) return kNone;
  name = LocalNames::cut(name);
  const std::lock_guard lock(mutex_);
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  if (numbers_.size() >= names_max_) return kOther;
  const auto number = static_cast<std::uint16_t>(names_.size());
  const auto entry = numbers_.emplace(name, number).first;
  try {
    names_.emplace_back(name);
    if (published_) published_(number, name);
  } catch (...) {
    // A number that was not published must not be given out when it is asked for again.
    names_.resize(number);
    numbers_.erase(entry);
    throw;
  }
  // order: release; pairs with the acquire in size().
  size_.store(names_.size(), std::memory_order_release);
  return number;
}

std::vector<std::string> Names::since(std::size_t first) const {
  const std::lock_guard lock(mutex_);
  return {names_.begin() + static_cast<std::ptrdiff_t>(first), names_.end()};
}

}  // namespace millrace
