// SPDX-License-Identifier: Apache-2.0
#include "record/local_names.hpp"

#include <limits>

namespace millrace {
namespace {

constexpr std::uint16_t kFirstNumber = 2;
constexpr std::size_t kNamesMax = std::numeric_limits<std::uint16_t>::max() - kFirstNumber + 1;

}  // namespace

std::string_view LocalNames::cut(std::string_view name) noexcept {
  if (name.size() <= kNameBytesMax) return name;
  std::size_t end = kNameBytesMax;
  // At most three bytes continue a character; more are no UTF-8 and may be cut anywhere.
  for (int i = 0; i < 3 && (static_cast<unsigned char>(name[end]) & 0xC0u) == 0x80u; ++i) --end;
  return name.substr(0, end);
}

std::uint16_t LocalNames::add(std::string_view name) {
  name = cut(name);
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  if (numbers_.size() >= kNamesMax) return kOther;

  const auto number = static_cast<std::uint16_t>(numbers_.size() + kFirstNumber);
  numbers_.emplace(name, number);
  const std::lock_guard lock(mutex_);
  names_.emplace_back(name);
  return number;
}

void LocalNames::names_from(std::vector<std::string>& names) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = names.size(); i < names_.size(); ++i) names.push_back(names_[i]);
}

}  // namespace millrace
