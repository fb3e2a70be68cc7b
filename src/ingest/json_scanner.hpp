// SPDX-License-Identifier: Apache-2.0
//
// JsonScanner: where a JSON value ends, in a text that comes in pieces of any size.
//
//   scanner.begin();                                     // at the first byte of a value
//   const char* behind = scanner.take(piece, piece_end);
//   if (scanner.fault() != nullptr) ...                  // at `behind`
//   if (!scanner.done()) ...                             // all of the piece belongs to it: go on
//
// Strict    As far as finding the end needs it: brackets close what they opened, texts end before
//           their line does. What stands between is not looked at.
// Memory    Its own size; nesting ends at kDepthMax.
// Threads   One per object.
#pragma once

#include <bitset>
#include <cstddef>

namespace millrace {

class JsonScanner {
 public:
  static constexpr std::size_t kDepthMax = 128;

  void begin() noexcept;

  /// Returns behind the last byte of the value, or `end` when more of it is to come. A number or a
  /// word ends before the byte that ends it, which may be the first of the next piece.
  const char* take(const char* at, const char* end) noexcept;

  [[nodiscard]] bool done() const noexcept { return done_; }
  /// Why the byte at which take() stopped cannot stand there; nullptr: it can.
  [[nodiscard]] const char* fault() const noexcept { return fault_; }
  /// The piece ended within a text.
  [[nodiscard]] bool in_text() const noexcept { return in_text_; }

 private:
  const char* take_text(const char* at, const char* end) noexcept;
  bool close(bool object) noexcept;

  std::bitset<kDepthMax> objects_;  // by depth: an object, else an array
  std::size_t depth_ = 0;
  bool in_text_ = false, escaped_ = false, in_word_ = false;
  bool done_ = false;
  const char* fault_ = nullptr;
};

}  // namespace millrace
