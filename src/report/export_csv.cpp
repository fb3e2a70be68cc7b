// SPDX-License-Identifier: Apache-2.0
//
// RFC 4180: lines end with CR LF, a value with a comma, a quote or a line end stands in quotes. The
// columns: run, worker, seq, the schema's fields, its metrics as "metric.NAME". What is absent is
// an empty value.
#include <utility>

#include <fmt/format.h>

#include "report/csv_text.hpp"
#include "report/log_export.hpp"
#include "report/record_text.hpp"

namespace millrace {
namespace {

class CsvExport final : public LogExport {
 public:
  CsvExport(const log::StreamText& stream, Write write)
      : stream_(stream.name), text_(stream.schema), write_(std::move(write)) {}

  Result<void> write_header() {
    out_ = "run,worker,seq";
    for (const NamedField& named : text_.fields()) {
      out_ += ',';
      append_csv(exported_name(named.name), out_);
    }
    for (const Metric& metric : text_.metrics()) {
      out_ += ',';
      append_csv("metric." + metric.name, out_);
    }
    out_ += "\r\n";
    return write_(out_);
  }

  Result<void> add(const LoggedSlice& slice) override {
    if (slice.stream.name != stream_) return {};
    if (slice.stream.schema != text_.schema()) {
      return failure(Errc::format,
                     fmt::format("stream '{}' has another schema in another run: export the runs "
                                 "apart (--run)",
                                 stream_));
    }
    text_.take(slice);
    out_.clear();
    const std::string run = hex(slice.run.run);
    for (std::uint32_t i = 0; i < slice.slice.count; ++i) {
      out_ += run;
      out_ += ',';
      out_ += std::to_string(slice.slice.worker);
      out_ += ',';
      out_ += std::to_string(slice.slice.worker_seq + i);
      RecordText::Kind kind{};
      for (std::size_t f = 0; f < text_.fields().size(); ++f) {
        out_ += ',';
        if (text_.field(i, f, value_, kind)) append_csv(value_, out_);
      }
      for (std::size_t m = 0; m < text_.metrics().size(); ++m) {
        out_ += ',';
        if (text_.metric(i, m, value_, kind)) append_csv(value_, out_);
      }
      out_ += "\r\n";
    }
    return write_(out_);
  }

 private:
  std::string stream_;
  RecordText text_;
  Write write_;
  std::string out_, value_;
};

}  // namespace

Result<std::unique_ptr<LogExport>> make_csv_export(const log::StreamText& stream,
                                                   LogExport::Write write) {
  auto csv = std::make_unique<CsvExport>(stream, std::move(write));
  if (auto written = csv->write_header(); !written) return tl::unexpected(written.error());
  return csv;
}

}  // namespace millrace
