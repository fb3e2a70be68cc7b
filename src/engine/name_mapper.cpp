// SPDX-License-Identifier: Apache-2.0
#include "engine/name_mapper.hpp"

#include <cstring>
#include <span>
#include <utility>

#include "stats/record_key.hpp"

namespace millrace {

void NameMapper::begin(std::shared_ptr<PlaceNames::Pair> names) {
  place_ = std::move(names);
  for (Side* side : {&labels_, &errors_}) {
    side->local.clear();
    side->numbers = {Names::kNone, Names::kOther};
  }
}

void NameMapper::update(Side& side, const LocalNames& local) {
  local.names_from(side.local);
  for (std::size_t i = side.numbers.size() - 2; i < side.local.size(); ++i) {
    side.numbers.push_back(side.names.number(side.local[i]));
  }
}

NameMap NameMapper::map() {
  if (place_ == nullptr) return {};
  update(labels_, place_->labels);
  update(errors_, place_->errors);
  return {labels_.numbers, errors_.numbers};
}

Slice NameMapper::renamed(const Slice& slice, const Schema& schema, const NameMap& names) {
  if (place_ == nullptr || (!schema.label && !schema.error_class)) return slice;
  renamed_.assign(slice.records, slice.records + std::size_t{slice.count} * slice.record_size);
  const auto rename = [&](const std::optional<Field>& field, std::span<const std::uint16_t> to) {
    if (!field) return;
    std::byte* at = renamed_.data() + field->offset;
    for (std::uint32_t i = 0; i < slice.count; ++i, at += slice.record_size) {
      std::uint16_t number = 0;
      std::memcpy(&number, at, sizeof number);
      number = mapped(to, number);
      std::memcpy(at, &number, sizeof number);
    }
  };
  rename(schema.label, names.labels);
  rename(schema.error_class, names.errors);
  Slice renamed = slice;
  renamed.records = renamed_.data();
  return renamed;
}

}  // namespace millrace
