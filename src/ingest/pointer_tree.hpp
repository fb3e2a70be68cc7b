// SPDX-License-Identifier: Apache-2.0
//
// PointerTree: a set of JSON Pointers (RFC 6901) as one tree, so that a document is walked once,
// whatever the number of pointers.
//
//   PointerTree tree;
//   const auto took = tree.add("/op/took_us");      // slot 0
//   const auto name = tree.add("/op/name");         // slot 1
//   tree.child(PointerTree::kRoot, "op");           // a node with two children
//
// Cost      child() compares with each child's key: a few, in a map written by a person.
// Threads   child() and node() any, once all is added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"

namespace millrace {

class PointerTree {
 public:
  static constexpr std::uint16_t kRoot = 0;
  static constexpr std::uint16_t kNone = 0xffff;
  static constexpr std::size_t kStepsMax = 64;

  struct Node {
    std::string key;
    std::optional<std::size_t> index;  // when the key may be an array's index, too
    std::uint16_t slot = kNone;        // which pointer ends here
    std::vector<std::uint16_t> children;
  };

  /// The slot of `pointer`, numbered from 0; the same for the same pointer. "/a/0/b", where ~1 is a
  /// slash and ~0 a tilde in a key.
  Result<std::uint16_t> add(std::string_view pointer);

  [[nodiscard]] std::size_t slot_count() const noexcept { return slots_; }
  [[nodiscard]] std::size_t node_count() const noexcept { return nodes_.size(); }
  [[nodiscard]] const Node& node(std::uint16_t id) const noexcept { return nodes_[id]; }
  /// kNone: no pointer leads there.
  [[nodiscard]] std::uint16_t child(std::uint16_t id, std::string_view key) const noexcept;
  [[nodiscard]] std::uint16_t child(std::uint16_t id, std::size_t index) const noexcept;

 private:
  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::uint16_t slots_ = 0;
};

/// Whether `pointer` can be added to a tree; the message says what is wrong with it.
Result<void> check_pointer(std::string_view pointer);

}  // namespace millrace
