// SPDX-License-Identifier: Apache-2.0
#include "engine/name_mapper.hpp"

#include <utility>

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

}  // namespace millrace
