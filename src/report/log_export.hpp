// SPDX-License-Identifier: Apache-2.0
//
// LogExport: the records of a log in another format, slice by slice. docs/export.md tells what each
// format carries and what it cannot.
//
//   auto format = make_export("csv", streams, {}, write).value();
//   auto reading = read_logs(dirs, options, [&](const LoggedSlice& s) { return format->add(s); });
//
// jsonl     One object a record: run, stream, worker, seq, the schema's fields, metrics.
// csv       RFC 4180, of one stream; the header once.
// llmeter   Lines of a responses.jsonl, of one stream with llmeter's metrics.
// Memory    One slice's text.
// Threads   One.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "millrace/result.hpp"

#include "log/stream_text.hpp"
#include "replay/log_reading.hpp"

namespace millrace {

class LogExport {
 public:
  using Write = std::function<Result<void>(std::string_view)>;
  virtual ~LogExport() = default;
  /// Slices of other streams are passed over.
  virtual Result<void> add(const LoggedSlice& slice) = 0;
};

/// `streams`: those that the log names. `stream`: the one that is wanted; empty: all, or the only one
/// that the format can take. Errors: invalid_argument, when that is none or several.
Result<std::unique_ptr<LogExport>> make_export(std::string_view format,
                                               std::span<const log::StreamText> streams,
                                               const std::string& stream, LogExport::Write write);

/// "run", "stream", "worker" and "seq" are the record's identity; a field that has such a name is
/// called "field.NAME".
std::string exported_name(std::string_view field);

/// Each for make_export(): `stream` empty: all of them.
std::unique_ptr<LogExport> make_jsonl_export(std::string stream, LogExport::Write write);
Result<std::unique_ptr<LogExport>> make_csv_export(const log::StreamText& stream,
                                                   LogExport::Write write);
std::unique_ptr<LogExport> make_llmeter_export(const log::StreamText& stream,
                                               LogExport::Write write);

/// Whether it has llmeter's times, by their names or GenerationRecord's.
bool has_llmeter_metrics(const Schema& schema);

}  // namespace millrace
