// SPDX-License-Identifier: Apache-2.0
//
// GuidellmSplitter: a benchmarks.json of guidellm, of any version and size, to one line for each
// request.
//
//   GuidellmDocument document;
//   source.translate(std::make_unique<GuidellmSplitter>(document));
//
// Lines     {"byte_offset":28176,"benchmark":2,"benchmark_name":"constant@2.50","status":"errored",
//           and then the request as it stands, its line ends as blanks: guidellm_format() reads
//           them. `status` is the list in which the request is. What is no object stands under
//           "element", for the format to refuse.
// Texts     What stands around the requests goes to `document`, which must outlive the splitter.
// Refuses   What is no such document, nests deeper than JsonScanner::kDepthMax, has a key twice
//           whose values are passed on, or more than kBenchmarksMax benchmarks: at that byte it
//           ends. Keys with escapes are unknown ones; no version writes any.
// Cost      A byte at a time; docs/benchmarks.md.
// Memory    The texts' bounds; a line is passed on as it comes. For `{}` of two bytes a line of
//           some 200 comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/guidellm_document.hpp"
#include "ingest/json_scanner.hpp"
#include "ingest/translator.hpp"

namespace millrace {

struct GuidellmSplitterOptions {
  std::uint64_t byte_offset = 0;  // of the first byte that is taken, in its file
  std::uint64_t benchmark = 0;    // pass on the requests of this one alone, from 1; 0: of all
};

class GuidellmSplitter final : public Translator {
 public:
  explicit GuidellmSplitter(GuidellmDocument& document, GuidellmSplitterOptions options = {})
      : document_(document), options_(options), offset_(options.byte_offset) {}

  void take(std::string_view bytes, std::string& lines) override;
  void end(std::string& lines) override;

 private:
  enum class Role : std::uint8_t { document, benchmarks, report, benchmark, requests, list };
  // What a value that is being scanned becomes.
  enum class Into : std::uint8_t { nothing, key, text, line };
  // What may stand next, where no value is being scanned.
  enum class Expect : std::uint8_t {
    document,
    first_key,
    key,
    colon,
    value,
    first_element,
    comma,
    nothing
  };
  struct Level {
    Role role;
    Status status = Status::ok;  // of a list
    std::uint32_t seen = 0;      // keys whose values are passed on, by their place in the table
  };
  struct PassedOn;

  const char* take_mark(const char* at, std::string& lines);
  const char* take_value(const char* at, const char* end, std::string& lines);
  const char* begin_value(const char* at, std::string& lines);
  const char* begin_member(const char* at);
  const char* enter(const char* at, Role role, Status status = Status::ok);
  const char* leave(const char* at);
  const char* scan(const char* at, Into into);
  const char* enter_list_of_reports(const char* at);
  const char* begin_line(const char* at, std::string& lines);
  void add_to_line(std::string_view bytes, std::string& lines);
  void add_text();
  void end_value(std::string& lines);
  std::string name_of(const GuidellmDocument::Benchmark& benchmark) const;
  GuidellmDocument::Texts& texts();
  bool is_object() const noexcept;
  void refuse(const char* at, std::string_view why);
  std::uint64_t offset_of(const char* at) const noexcept {
    return offset_ + static_cast<std::uint64_t>(at - begin_);
  }

  GuidellmDocument& document_;
  const GuidellmSplitterOptions options_;
  std::uint64_t offset_;         // of begin_
  const char* begin_ = nullptr;  // of the bytes that are being taken
  std::vector<Level> levels_;
  Expect expect_ = Expect::document;
  JsonScanner scanner_;
  Into into_ = Into::nothing;
  bool scanning_ = false;
  bool line_begins_ = false;  // a comma is due, unless the object is empty
  bool line_closes_ = false;  // an element that is no object is in an object of ours
  std::string key_;           // the last one read, as it is written
  std::string text_;          // of key_
  std::size_t texts_bytes_ = 0;
  std::string prefix_;  // of the lines of this list, behind the offset
};

}  // namespace millrace
