// SPDX-License-Identifier: Apache-2.0
#include "record/column.hpp"

#include <algorithm>
#include <limits>

#include "record/column_kernel.hpp"
#include "record/formula.hpp"

namespace millrace {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Two times since the epoch in nanoseconds are both beyond 2^53, their difference is not.
double exact_difference(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  if (a == kAbsentTime || b == kAbsentTime) return kNaN;
  return __builtin_sub_overflow(a, b, &difference) ? static_cast<double>(a) - static_cast<double>(b)
                                                   : static_cast<double>(difference);
}

}  // namespace

void Column::evaluate(const Metric& metric, const FieldColumns& fields) noexcept {
  std::fill_n(state.begin(), fields.count(), kPresent);
  if (metric.integral()) {
    evaluate_integers(metric, fields);
  } else {
    evaluate_doubles(metric, fields);
  }
}

void Column::evaluate_integers(const Metric& metric, const FieldColumns& fields) noexcept {
  const Expression& e = metric.value;
  const column_kernel::Results results{values.data(), results_.data(), state.data()};
  const std::int64_t* const a = fields.integers(e.a);
  const bool duration = metric.domain == Domain::duration;
  const std::uint32_t n = fields.count();
  integers = results_.data();
  if (e.operation == Operation::field) {
    integers = a;
    not_present = column_kernel::integers(a, duration, n, results);
  } else if (e.operation == Operation::difference) {
    not_present = column_kernel::difference(a, fields.integers(e.b), duration, n, results);
  } else {
    not_present = column_kernel::sum(a, fields.integers(e.b), duration, n, results);
  }
}

void Column::evaluate_doubles(const Metric& metric, const FieldColumns& fields) noexcept {
  const Expression& e = metric.value;
  const double* const a = fields.doubles(e.a);
  const double* const b = e.operation != Operation::field ? fields.doubles(e.b) : nullptr;
  const std::uint32_t n = fields.count();
  const double* from = values.data();
  switch (e.operation) {
    case Operation::field:
      from = a;
      break;
    case Operation::difference:
      for (std::uint32_t i = 0; i < n; ++i) values[i] = a[i] - b[i];
      break;
    case Operation::sum:
      for (std::uint32_t i = 0; i < n; ++i) values[i] = a[i] + b[i];
      break;
    case Operation::ratio:
      for (std::uint32_t i = 0; i < n; ++i) values[i] = b[i] == 0 ? kNaN : a[i] / b[i];
      break;
    case Operation::per_count_less_one: {
      const double* const count = fields.doubles(e.c);
      if (subtracts_integers(e)) {
        const std::int64_t* const end = fields.integers(e.a);
        const std::int64_t* const begin = fields.integers(e.b);
        for (std::uint32_t i = 0; i < n; ++i) values[i] = exact_difference(end[i], begin[i]);
      } else {
        for (std::uint32_t i = 0; i < n; ++i) values[i] = a[i] - b[i];
      }
      for (std::uint32_t i = 0; i < n; ++i) {
        values[i] = count[i] > 1 ? values[i] / (count[i] - 1) : kNaN;
      }
      break;
    }
  }
  constexpr double kMost = std::numeric_limits<double>::max();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const bool any = metric.domain == Domain::any;
  const double least = any ? -kInfinity : metric.domain == Domain::duration ? 0.0 : -kMost;
  not_present = column_kernel::doubles(from, least, any ? kInfinity : kMost, n,
                                       {values.data(), nullptr, state.data()});
}

}  // namespace millrace
