// SPDX-License-Identifier: Apache-2.0
//
// Translator: a document that is no lines to lines, while it is read. ByteSource passes its bytes
// through one, unpacked, and PieceReader sees lines.
//
//   std::string lines;
//   while (const std::size_t n = source.read(piece)) translator.take({piece, n}, lines);
//   translator.end(lines);
//   if (const auto& fault = translator.fault()) ...   // what stands before it was translated
//
// Threads   One at a time.
// Memory    What the implementation says; what it appends for a piece is bounded by the piece.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

class Translator {
 public:
  virtual ~Translator() = default;
  /// Appends to `lines` what it makes of the next bytes.
  virtual void take(std::string_view bytes, std::string& lines) = 0;
  /// The document ends here. Not called when a stop cut it, nor behind a fault.
  virtual void end(std::string& lines) = 0;
  /// What is wrong with the document, for people: "byte 17: ...". From then on nothing is taken.
  [[nodiscard]] const std::optional<std::string>& fault() const noexcept { return fault_; }

 protected:
  std::optional<std::string> fault_;
};

}  // namespace millrace
