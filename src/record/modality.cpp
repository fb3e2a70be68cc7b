// SPDX-License-Identifier: Apache-2.0
#include "record/modality.hpp"

#include <cstddef>
#include <string>

namespace millrace {

Result<Schema> RecordTraits<ModalityRecord>::schema() {
  using R = ModalityRecord;
  Schema schema;
  schema.name = "modality";
  schema.record_size = sizeof(R);
  schema.status = Field{offsetof(R, status), FieldType::u8};
  schema.label = Field{offsetof(R, label), FieldType::u16};
  schema.fields = {{"request_id", {offsetof(R, request_id), FieldType::u64}},
                   {"status", *schema.status},
                   {"reserved", {offsetof(R, reserved), FieldType::u8}},
                   {"label", *schema.label},
                   {"reserved_too", {offsetof(R, reserved_too), FieldType::u32}}};
  const std::pair<const char*, std::size_t> sides[] = {{"input_", offsetof(R, input)},
                                                       {"output_", offsetof(R, output)}};
  for (const auto& [side, at] : sides) {
    for (std::size_t i = 0; i < kModalities.size(); ++i) {
      const Field field{static_cast<std::uint32_t>(at + i * sizeof(double)), FieldType::f64};
      const std::string name = std::string(side) + kModalities[i].name;
      schema.fields.push_back({name, field});
      schema.metrics.push_back(
          {name,
           kModalities[i].unit,
           {Operation::field, field, {}, {}},
           kModalities[i].unit == Unit::seconds ? Domain::duration : Domain::number,
           kModalities[i].unit == Unit::tokens});
    }
  }
  if (auto valid = schema.validate(); !valid) return tl::unexpected(valid.error());
  return schema;
}

bool is_modality(const Schema& schema) {
  static const Schema own = RecordTraits<ModalityRecord>::schema().value();
  return schema.record_size == own.record_size && schema.fields == own.fields;
}

}  // namespace millrace
