// SPDX-License-Identifier: Apache-2.0
//
// NameMapper: from the numbers of one place's names to the run's own, in the order of the file.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "millrace/schema.hpp"

#include "engine/names.hpp"
#include "engine/place_names.hpp"
#include "record/slice.hpp"

namespace millrace {

class NameMapper {
 public:
  NameMapper(Names& labels, Names& errors) noexcept
      : labels_{labels, {}, {}}, errors_{errors, {}, {}} {}

  void begin(std::shared_ptr<PlaceNames::Pair> names);
  /// Numbers that the slice may carry; names added since are given the run's numbers first.
  NameMap map();
  /// The slice under the run's own numbers, as a log has it. Valid until the next call; where the numbers
  /// are the run's already, the slice itself.
  [[nodiscard]] Slice renamed(const Slice& slice, const Schema& schema, const NameMap& names);

 private:
  struct Side {
    Names& names;
    std::vector<std::string> local;
    std::vector<std::uint16_t> numbers;  // by local number
  };
  static void update(Side& side, const LocalNames& local);

  std::shared_ptr<PlaceNames::Pair> place_;
  Side labels_;
  Side errors_;
  std::vector<std::byte> renamed_;
};

}  // namespace millrace
