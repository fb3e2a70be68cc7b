// SPDX-License-Identifier: Apache-2.0
//
// Five: a record of 64 bytes with five metrics, and made-up ones.
#pragma once

#include <cstdint>

#include <fmt/format.h>

#include "millrace/millrace.hpp"

namespace millrace {

// 64 bytes, five metrics. No array: g++ 12 builds a record with one on the stack and copies it from there with
// wider loads than its stores were, for which a push waits, 8 ns and more.
struct Five {
  std::int64_t start_ns = 0;
  std::int64_t first_ns = 0;
  std::int64_t end_ns = 0;
  std::int64_t bytes = 0;
  double score = 0;
  std::int64_t spare_0 = 0, spare_1 = 0, spare_2 = 0;
};
template <>
struct RecordTraits<Five> {
  static Result<Schema> schema();
};

// By hand: it is of no use to anybody, and so has no names.
inline Result<Schema> RecordTraits<Five>::schema() {
  Schema schema;
  schema.name = "five";
  schema.record_size = sizeof(Five);
  for (std::uint32_t i = 0; i < 8; ++i) {
    schema.fields.push_back(
        {fmt::format("f{}", i), {i * 8, i == 4 ? FieldType::f64 : FieldType::i64}});
  }
  const Field start{0, FieldType::i64}, first{8, FieldType::i64}, end{16, FieldType::i64};
  schema.start = start;
  schema.end = end;
  const auto ns = Unit::nanoseconds;
  const auto duration = Domain::duration;
  schema.metrics = {{"latency", ns, {Operation::difference, end, start, {}}, duration, false},
                    {"first", ns, {Operation::difference, first, start, {}}, duration, false},
                    {"rest", ns, {Operation::difference, end, first, {}}, duration, false},
                    {"bytes",
                     Unit::bytes,
                     {Operation::field, {24, FieldType::i64}, {}, {}},
                     Domain::number,
                     true},
                    {"score",
                     Unit::none,
                     {Operation::field, {32, FieldType::f64}, {}, {}},
                     Domain::number,
                     false}};
  return schema;
}

// As cheap as can be, and no two alike.
inline Five five_of(std::int64_t i) {
  const std::uint64_t random = static_cast<std::uint64_t>(i) * 6364136223846793005u;
  const auto r = static_cast<std::int64_t>(random >> 40);
  return {.start_ns = i,
          .first_ns = i + r,
          .end_ns = i + 3 * r,
          .bytes = r & 4095,
          .score = static_cast<double>(r)};
}

}  // namespace millrace
