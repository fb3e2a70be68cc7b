// SPDX-License-Identifier: Apache-2.0
//
// GuidellmSplitter over any bytes, in pieces of any size: what comes out does not depend on the
// pieces, is bounded, and each line of it is read or refused.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/record.hpp"

#include "fuzz_file.hpp"
#include "ingest/guidellm_format.hpp"
#include "ingest/guidellm_splitter.hpp"

namespace {

using namespace millrace;

struct Split {
  std::string lines;
  std::string fault;
  GuidellmDocument document;
};

void split(std::string_view text, std::size_t bytes, std::uint64_t benchmark, Split& to) {
  GuidellmSplitter splitter(to.document, {.byte_offset = 3, .benchmark = benchmark});
  for (std::size_t at = 0; at < text.size(); at += bytes) {
    splitter.take(text.substr(at, bytes), to.lines);
  }
  if (!splitter.fault()) splitter.end(to.lines);
  to.fault = splitter.fault().value_or("");
}

void read(std::string_view lines) {
  static const std::unique_ptr<LineParser> parser = guidellm_format().parser();
  LocalNames labels, errors;
  LineNotes notes;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    std::string line(lines.substr(at, end - at));
    require(line.starts_with(kDocumentLine), "a line says where it stands");
    const std::size_t size = line.size();
    line.append(LineParser::kPadding, '\0');
    alignas(GenerationRecord) std::byte record[sizeof(GenerationRecord)] = {};
    const char* reason = parser->parse({line.data(), size}, record, labels, errors, notes);
    require(reason == nullptr || reason[0] != '\0', "a refusal has a reason");
    at = end + 1;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::uint64_t benchmark = data[1] % 4;
  Split whole, pieces;
  split(text, text.size() + 1, benchmark, whole);
  split(text, 1 + data[0], benchmark, pieces);
  require(whole.lines == pieces.lines, "pieces make no difference");
  require(whole.fault == pieces.fault, "nor to what is wrong");
  require(whole.fault.empty() == whole.document.complete || !whole.fault.empty(),
          "a document without a fault is whole");
  require(whole.lines.size() <= 300 * text.size() + 300, "lines are bounded by the text");
  for (const auto& one : whole.document.benchmarks) {
    require(!one.name.empty() || !whole.document.complete, "a benchmark has a name");
    static_cast<void>(one.requests_made());
    static_cast<void>(one.strategy());
  }
  static_cast<void>(whole.document.version());
  static_cast<void>(looks_like_guidellm_document(text));
  static_cast<void>(looks_like_guidellm_requests(text));
  read(whole.lines);
  return 0;
}
