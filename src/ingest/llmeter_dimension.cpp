// SPDX-License-Identifier: Apache-2.0
#include "ingest/llmeter_dimension.hpp"

#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "ingest/llmeter_format.hpp"
#include "ingest/piece_reader.hpp"

namespace millrace {

Result<std::vector<double>> llmeter_dimension(const LlmeterRun& run, std::string_view dimension,
                                              const LlmeterFilter& filter) {
  const LineFormat format = llmeter_format(true);
  const auto metric = format.schema.find_metric(dimension);
  if (!metric) {
    return failure(Errc::not_found, fmt::format("a llmeter record has no number '{}'", dimension));
  }
  if (!run.responses) {
    return failure(Errc::not_found, fmt::format("'{}' holds no responses", run.dir.native()));
  }
  auto reader = PieceReader::open({run.responses->string()});
  if (!reader) return tl::unexpected(std::move(reader).error());

  // Every metric of the schema is a plain field, a double.
  const std::size_t offset = format.schema.metrics[*metric].value.a.offset;
  std::vector<double> column;
  LocalNames labels, errors;
  LineNotes notes;
  const auto parser = format.parser();
  Piece piece;
  while ((*reader)->next(piece)) {
    piece.for_each_line([&](const Line& line) {
      if (line.too_long || line.text.empty()) return;
      LlmeterRecord record;
      auto* bytes = reinterpret_cast<std::byte*>(&record);
      if (parser->parse(line.text, bytes, labels, errors, notes) != nullptr) return;
      if (filter && !filter(record)) return;
      double value = 0;
      std::memcpy(&value, bytes + offset, sizeof value);
      column.push_back(value);
    });
  }
  if (const auto failed = (*reader)->input_errors(); !failed.empty()) {
    return tl::unexpected(failed.front().error);
  }
  return column;
}

}  // namespace millrace
