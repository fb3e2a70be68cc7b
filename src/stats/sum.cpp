// SPDX-License-Identifier: Apache-2.0
#include "stats/sum.hpp"

namespace millrace {

void Sum::add(std::span<const std::int64_t> values) noexcept {
  Int128 sum = integer_;
  for (const std::int64_t value : values) sum += value;
  integer_ = sum;
}

void Sum::add(std::span<const double> values) noexcept {
  CompensatedSum sum = doubles_;
  for (const double value : values) sum.add(value);
  doubles_ = sum;
}

void Sum::merge(const Sum& later) noexcept {
  integer_ += later.integer_;
  doubles_.merge(later.doubles_);
}

double Sum::value() const noexcept { return static_cast<double>(integer_) + doubles_.value(); }

}  // namespace millrace
