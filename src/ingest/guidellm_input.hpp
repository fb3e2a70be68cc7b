// SPDX-License-Identifier: Apache-2.0
//
// GuidellmInput: which inputs of `millrace replay` are guidellm's documents, and what they hold.
//
//   auto guidellm = std::make_shared<GuidellmInput>(false, 0);
//   options.translate = [guidellm](auto bytes, auto offset) { return guidellm->translate(bytes, offset); };
//   ...                                         // read all
//   for (const GuidellmDocument& document : guidellm->documents()) ...
//
// Threads   translate() as the reader calls it, one at a time; the documents are whole when all is read.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "millrace/result.hpp"

#include "ingest/guidellm_document.hpp"
#include "ingest/translator.hpp"

namespace millrace {

class GuidellmInput {
 public:
  /// `forced`: what is not lines of requests is a document, whatever its first bytes; of one
  /// `benchmark` the requests are passed on, 0: of all.
  GuidellmInput(bool forced, std::uint64_t benchmark) : forced_(forced), benchmark_(benchmark) {}

  /// nullptr: the input is read as it is.
  std::unique_ptr<Translator> translate(std::string_view first_bytes, std::uint64_t byte_offset);

  /// The format turned out to be another one: what is opened from now on is read as it is.
  void decline() noexcept { declined_ = true; }

  [[nodiscard]] const std::deque<GuidellmDocument>& documents() const noexcept {
    return documents_;
  }
  /// 0: all.
  [[nodiscard]] std::uint64_t benchmark() const noexcept { return benchmark_; }

  /// Once all is read: whether the benchmark that was asked for was found in each of the inputs.
  [[nodiscard]] Result<void> check() const;

 private:
  const bool forced_;
  const std::uint64_t benchmark_;
  bool declined_ = false;
  std::uint64_t others_ = 0;                // inputs that are no documents
  std::deque<GuidellmDocument> documents_;  // each stays where it is: a translator fills it
};

}  // namespace millrace
