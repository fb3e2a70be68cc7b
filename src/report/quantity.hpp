// SPDX-License-Identifier: Apache-2.0
//
// Quantities as people read and write them.
//
//   show(0.0496, Unit::seconds)        "49.60 ms"
//   show(1845, Unit::tokens)           "1,845"
//   show(1234567, Unit::tokens)        "1.235 M"
//   parse_quantity("500ms", Unit::nanoseconds)     5e8
//
// Four significant digits, the unit that leaves 1 to 999 before the point; counts are scaled from a
// million on. A missing number is "-".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/schema.hpp"

namespace millrace {

std::string show(double value, Unit unit);
/// 12,345,678
std::string show_count(std::uint64_t count);
/// 0.1304: "13.04 %"
std::string show_percent(double fraction);
/// "-" of nothing.
std::string show_part(std::uint64_t part, std::uint64_t whole);
/// "1 record", "2,000 records"
std::string plural(std::uint64_t n, std::string_view thing);

/// A number with an optional unit, in `unit`. Times without a unit are milliseconds, as in k6 and
/// vLLM; bytes take B, KB, MB, KiB, MiB; counts take k, M and G. nullopt: not a quantity of this kind.
std::optional<double> parse_quantity(std::string_view text, Unit unit);

}  // namespace millrace
