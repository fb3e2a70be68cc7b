// SPDX-License-Identifier: Apache-2.0
//
// LongLists: lists of a document that memory does not hold. In the document's tree a mark stands for each; whoever
// writes the tree asks for the items when it comes to the mark, one at a time.
//
//   Json tree = {{"requests", long_list(0)}};
//   write_python_json(tree, [&](unsigned list, const ItemVisit& item) { .. return item(json); }, write);
//
// Errors    The first one, of the list or of who writes, ends the writing and is its result.
// Source    The mark is a binary value of nlohmann's, which JSON has none of; its subtype is the number.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "millrace/result.hpp"

namespace millrace {

using ItemVisit = std::function<Result<void>(const nlohmann::ordered_json& item)>;
using LongLists = std::function<Result<void>(unsigned list, const ItemVisit& item)>;
/// Takes a text piece by piece.
using WriteText = std::function<Result<void>(std::string_view text)>;

inline nlohmann::ordered_json long_list(unsigned number) {
  return nlohmann::ordered_json::binary({}, number);
}

}  // namespace millrace
