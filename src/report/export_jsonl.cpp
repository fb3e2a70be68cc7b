// SPDX-License-Identifier: Apache-2.0
//
// One JSON object a line:
//
//   {"run":"0123456789abcdef","stream":"requests","worker":1,"seq":0,"status":"ok","label":"m0",
//    "start_ns":1767225600000000000,..,"metrics":{"time_to_first_token":41000000,..}}
//
// What is absent has no key. Infinite values stand as text: JSON has no word for them.
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "report/log_export.hpp"
#include "report/record_text.hpp"

namespace millrace {
namespace {

// What is no UTF-8 is replaced, as in reports.
std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A stream's part of a line that is always the same.
struct Keys {
  explicit Keys(const log::StreamText& stream)
      : text(stream.schema), begin(",\"stream\":" + json_text(stream.name) + ",\"worker\":") {
    for (const NamedField& named : stream.schema.fields) {
      fields.push_back(',' + json_text(exported_name(named.name)) + ':');
    }
    for (const Metric& metric : stream.schema.metrics)
      metrics.push_back(json_text(metric.name) + ':');
  }
  RecordText text;
  std::string begin;
  std::vector<std::string> fields, metrics;
};

class JsonlExport final : public LogExport {
 public:
  JsonlExport(std::string stream, Write write)
      : stream_(std::move(stream)), write_(std::move(write)) {}

  Result<void> add(const LoggedSlice& slice) override {
    if (!stream_.empty() && slice.stream.name != stream_) return {};
    Keys& keys = keys_of(slice.stream);
    keys.text.take(slice);
    out_.clear();
    const std::string run = "{\"run\":\"" + hex(slice.run.run) + '"';
    for (std::uint32_t i = 0; i < slice.slice.count; ++i) {
      out_ += run;
      out_ += keys.begin;
      out_ += std::to_string(slice.slice.worker);
      out_ += ",\"seq\":";
      out_ += std::to_string(slice.slice.worker_seq + i);
      add_record(keys, i);
    }
    return write_(out_);
  }

 private:
  // Runs of one log may have another schema under the same name.
  Keys& keys_of(const log::StreamText& stream) {
    const auto at = keys_.find(stream.name);
    if (at != keys_.end() && at->second.text.schema() == stream.schema) return at->second;
    return keys_.insert_or_assign(stream.name, Keys(stream)).first->second;
  }

  void add_record(const Keys& keys, std::uint32_t record) {
    RecordText::Kind kind{};
    for (std::size_t f = 0; f < keys.fields.size(); ++f) {
      if (!keys.text.field(record, f, value_, kind)) continue;
      out_ += keys.fields[f];
      add_value(kind);
    }
    out_ += ",\"metrics\":{";
    const char* separator = "";
    for (std::size_t m = 0; m < keys.metrics.size(); ++m) {
      if (!keys.text.metric(record, m, value_, kind)) continue;
      out_ += separator;
      out_ += keys.metrics[m];
      add_value(kind);
      separator = ",";
    }
    out_ += "}}\n";
  }

  void add_value(RecordText::Kind kind) {
    if (kind == RecordText::Kind::number) {
      out_ += value_;
    } else {
      out_ += json_text(value_);
    }
  }

  std::string stream_;
  Write write_;
  std::map<std::string, Keys> keys_;  // by stream
  std::string out_, value_;
};

}  // namespace

std::unique_ptr<LogExport> make_jsonl_export(std::string stream, LogExport::Write write) {
  return std::make_unique<JsonlExport>(std::move(stream), std::move(write));
}

}  // namespace millrace
