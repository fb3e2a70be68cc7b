// SPDX-License-Identifier: Apache-2.0
//
// PieceReader over any bytes, for any size of piece and cap of lines: no byte of a line is changed,
// lost or shown twice.
#include <string_view>

#include "fuzz_file.hpp"
#include "ingest/piece_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  static FuzzFile file;
  if (size < 2) return 0;
  const PieceReaderOptions options{.piece_bytes = 1 + std::size_t{data[0]} * 3,
                                   .line_bytes_max = std::size_t{data[1]} * 2};
  const std::string_view content(reinterpret_cast<const char*>(data + 2), size - 2);
  const auto reader = PieceReader::open({file.put(content.data(), content.size())}, options);
  require(reader.has_value(), "a regular file opens");
  const bool packed = content.starts_with("\x1F\x8B") || content.starts_with("\x28\xB5\x2F\xFD");
  std::uint64_t number = 0, offset = 0;
  for (Piece piece; (*reader)->next(piece);) {
    piece.for_each_line([&](const Line& line) {
      require(line.number == ++number, "lines are numbered without a gap");
      require(number == 1 || line.byte_offset > offset, "and stand in order");
      offset = line.byte_offset;
      require(line.text.size() <= options.line_bytes_max + 1 || line.too_long, "the cap holds");
      if (packed || line.too_long) return;
      require(offset <= content.size() && content.substr(offset).starts_with(line.text),
              "a line is what stands in the input");
    });
  }
  return 0;
}
