// SPDX-License-Identifier: Apache-2.0
//
// A schema for records that are an array of 64-bit words, which has no pointers to its members: fields f0,
// f1, .., and one metric, "value", the first word.
#pragma once

#include <cstdint>
#include <string>

#include "millrace/schema.hpp"

namespace millrace {

inline Metric word_metric(std::string name, std::uint32_t word) {
  return {std::move(name),
          Unit::none,
          {Operation::field, {word * 8, FieldType::i64}, {}, {}},
          Domain::number,
          false};
}

inline Schema words_schema(std::string name, std::uint32_t words) {
  Schema schema;
  schema.name = std::move(name);
  schema.record_size = words * 8;
  for (std::uint32_t i = 0; i < words; ++i) {
    schema.fields.push_back({"f" + std::to_string(i), {i * 8, FieldType::i64}});
  }
  schema.metrics.push_back(word_metric("value", 0));
  return schema;
}

}  // namespace millrace
