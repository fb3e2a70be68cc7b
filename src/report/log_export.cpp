// SPDX-License-Identifier: Apache-2.0
#include "report/log_export.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace millrace {
namespace {

std::string names_of(std::span<const log::StreamText> streams) {
  std::string names;
  for (const log::StreamText& stream : streams) {
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", stream.name);
  }
  return names;
}

// The one stream that csv and llmeter write.
Result<const log::StreamText*> only_one(std::string_view format,
                                        std::span<const log::StreamText> streams,
                                        const std::string& wanted) {
  const bool llmeter = format == "llmeter";
  std::vector<const log::StreamText*> fitting;
  for (const log::StreamText& stream : streams) {
    const bool chosen = wanted.empty() || stream.name == wanted;
    if (chosen && (!llmeter || has_llmeter_metrics(stream.schema))) fitting.push_back(&stream);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty()) {
    return failure(Errc::invalid_argument,
                   llmeter ? fmt::format("--format llmeter: {} has no metric "
                                         "time_to_first_token or time_to_last_token; jsonl "
                                         "takes every stream",
                                         wanted.empty() ? "no stream" : "stream '" + wanted + "'")
                           : std::string("--format csv: the log has no stream"));
  }
  return failure(Errc::invalid_argument,
                 fmt::format("--format {} takes one stream, and the log has several: --stream says "
                             "which of {}",
                             format, names_of(streams)));
}

}  // namespace

std::string exported_name(std::string_view field) {
  constexpr std::string_view kOwn[] = {"run", "stream", "worker", "seq", "metrics"};
  const bool taken = std::find(std::begin(kOwn), std::end(kOwn), field) != std::end(kOwn);
  return taken ? fmt::format("field.{}", field) : std::string(field);
}

bool has_llmeter_metrics(const Schema& schema) {
  return schema.find_metric("time_to_first_token") || schema.find_metric("time_to_last_token");
}

Result<std::unique_ptr<LogExport>> make_export(std::string_view format,
                                               std::span<const log::StreamText> streams,
                                               const std::string& stream, LogExport::Write write) {
  const auto named = [&](const log::StreamText& s) { return s.name == stream; };
  if (!stream.empty() && std::none_of(streams.begin(), streams.end(), named)) {
    return failure(Errc::invalid_argument,
                   fmt::format("--stream: the log has no stream '{}'{}", stream,
                               streams.empty() ? "" : "; it has " + names_of(streams)));
  }
  if (format == "jsonl") return make_jsonl_export(stream, std::move(write));
  auto one = only_one(format, streams, stream);
  if (!one) return tl::unexpected(std::move(one).error());
  if (format == "csv") return make_csv_export(**one, std::move(write));
  return make_llmeter_export(**one, std::move(write));
}

}  // namespace millrace
