// SPDX-License-Identifier: Apache-2.0
#include "stats/sum.hpp"

#include <algorithm>

#include "stats/value_kernel.hpp"

namespace millrace {

void Sum::add(std::span<const std::int64_t> values) noexcept {
  if (values.size() < value_kernel::kLanes) {
    for (const std::int64_t value : values) integer_ += value;
    return;
  }
  constexpr std::size_t kAtOnce = std::size_t{1} << 31;
  for (; !values.empty(); values = values.subspan(std::min(values.size(), kAtOnce))) {
    const auto sum = value_kernel::sum(values.first(std::min(values.size(), kAtOnce)));
    integer_ += static_cast<Int128>(sum.high) * (Int128{1} << 32) + sum.low;
  }
}

void Sum::add(std::span<const double> values) noexcept {
  if (values.size() < value_kernel::kLanes) {  // a value a lane
    for (const double value : values) doubles_.add(value);
    return;
  }
  const auto sums = value_kernel::sum(values);
  for (std::size_t i = 0; i < sums.rounded.size(); ++i) {
    doubles_.merge(CompensatedSum(sums.rounded[i], sums.lost[i]));
  }
}

void Sum::merge(const Sum& later) noexcept {
  integer_ += later.integer_;
  doubles_.merge(later.doubles_);
}

double Sum::value() const noexcept { return static_cast<double>(integer_) + doubles_.value(); }

}  // namespace millrace
