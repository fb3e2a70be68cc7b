// SPDX-License-Identifier: Apache-2.0
//
// What the formulas of metrics take, for who checks, writes and computes them.
#pragma once

#include <cstddef>

#include "millrace/schema.hpp"

namespace millrace {

/// How many of an Expression's fields a, b, c it takes; 0: no operation of ours.
constexpr std::size_t operands(Operation operation) noexcept {
  switch (operation) {
    case Operation::field:
      return 1;
    case Operation::difference:
    case Operation::sum:
    case Operation::ratio:
      return 2;
    case Operation::per_count_less_one:
      return 3;
  }
  return 0;
}

/// u64 reaches beyond i64: its values are taken as doubles.
constexpr bool exact_in_i64(FieldType type) noexcept {
  return type != FieldType::f32 && type != FieldType::f64 && type != FieldType::u64;
}

/// (a - b) of a time per further token, in integers where both are.
constexpr bool subtracts_integers(const Expression& e) noexcept {
  return e.operation == Operation::per_count_less_one && exact_in_i64(e.a.type) &&
         exact_in_i64(e.b.type);
}

}  // namespace millrace
