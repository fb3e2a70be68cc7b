// SPDX-License-Identifier: Apache-2.0
#include "ingest/guidellm_input.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "ingest/guidellm_format.hpp"
#include "ingest/guidellm_splitter.hpp"

namespace millrace {

std::unique_ptr<Translator> GuidellmInput::translate(std::string_view first_bytes,
                                                     std::uint64_t byte_offset) {
  const bool blank = first_bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (declined_ || blank) return nullptr;
  const bool document = looks_like_guidellm_document(first_bytes) ||
                        (forced_ && !looks_like_guidellm_requests(first_bytes));
  if (!document) {
    ++others_;
    return nullptr;
  }
  return std::make_unique<GuidellmSplitter>(
      documents_.emplace_back(),
      GuidellmSplitterOptions{.byte_offset = byte_offset, .benchmark = benchmark_});
}

Result<void> GuidellmInput::check() const {
  if (benchmark_ == 0) return {};
  if (others_ != 0) {
    return failure(Errc::invalid_argument,
                   "--benchmark chooses one of a benchmarks.json of guidellm; an input is none");
  }
  for (const GuidellmDocument& document : documents_) {
    if (document.complete && document.benchmarks.size() < benchmark_) {
      return failure(Errc::invalid_argument, fmt::format("--benchmark {}: the document has {}",
                                                         benchmark_, document.benchmarks.size()));
    }
  }
  return {};
}

}  // namespace millrace
