// SPDX-License-Identifier: Apache-2.0
//
// LineFormat: a foreign format in which one line is one record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/schema.hpp"

#include "record/local_names.hpp"

namespace millrace {

/// Things worth a word that are not damage; counted, and said in the report.
struct LineNotes {
  std::uint64_t duplicate_keys = 0;     // the last value counts, as in Python's json
  std::uint64_t nonfinite_words = 0;    // NaN, Infinity, -Infinity: not JSON
  std::uint64_t unknown_keys = 0;       // lines with a key the format does not know
  std::uint64_t missing_keys = 0;       // lines without a key the format's writer always writes
  std::uint64_t mid_stream_errors = 0;  // failed records that carry timings nevertheless
  LineNotes& operator+=(const LineNotes& other) noexcept;
};

/// One parser per thread.
class LineParser {
 public:
  /// At least this many readable bytes follow a line (simdjson's padding).
  static constexpr std::size_t kPadding = 64;

  virtual ~LineParser() = default;
  /// Reads `line` (no newline, not blank) into `record`, which is zeroed. Names go to `labels` and
  /// `errors` and their numbers into the record. Returns nullptr, or why the line is no record: a
  /// constant text for people, e.g. "not JSON: a string is not closed".
  virtual const char* parse(std::string_view line, std::byte* record, LocalNames& labels,
                            LocalNames& errors, LineNotes& notes) = 0;
  /// A record of the format's further stream that the line had, too; nullptr: none. Until the next parse().
  [[nodiscard]] virtual const std::byte* further() const noexcept { return nullptr; }
};

/// How a line of a translated document begins: it tells at which byte of the document it stands.
inline constexpr std::string_view kDocumentLine = R"({"byte_offset":)";

struct LineFormat {
  std::string name;  // "llmeter", "jsonl", "guidellm"
  Schema schema;
  std::function<std::unique_ptr<LineParser>()> parser;
  struct Further {
    std::string name;
    Schema schema;
  };
  std::optional<Further> further = {};  // a second stream, beside "requests"
};

}  // namespace millrace
