// SPDX-License-Identifier: Apache-2.0
//
// Lines of a responses.jsonl as llmeter writes them: its keys in its order, null where there is nothing,
// times in seconds, numbers as Python prints them. What a record does not hold is null: texts and
// payloads of requests and responses. request_time keeps its microseconds, which llmeter cuts off
// and its reader takes: without them the rates of a short run would be those of another one.
#include <array>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "ingest/timestamp.hpp"
#include "report/log_export.hpp"
#include "report/python_json.hpp"
#include "report/record_text.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

// llmeter's number and what GenerationRecord has for it: a metric, or a field that is none.
struct Source {
  std::string_view name, other;
};
constexpr std::array<Source, 6> kNumbers = {{{"time_to_first_token", ""},
                                             {"time_to_last_token", ""},
                                             {"num_tokens_input", "input_tokens"},
                                             {"num_tokens_output", "output_tokens"},
                                             {"num_tokens_input_cached", "cached_input_tokens"},
                                             {"num_tokens_output_reasoning", "reasoning_tokens"}}};
constexpr std::string_view kTimePerOutputToken = "time_per_output_token";

// Units in a second, so that dividing gives the double that is nearest to the decimal number.
double per_second(Unit unit) {
  const auto seconds = seconds_in(unit);
  return seconds ? std::round(1 / *seconds) : 1;
}

// An int where it is whole, as token counts are in Python.
std::string count_text(double value) {
  constexpr double kTwoTo53 = 9007199254740992.0;
  if (std::trunc(value) != value || std::abs(value) > kTwoTo53) return python_float(value);
  return std::to_string(static_cast<std::int64_t>(value));
}

class LlmeterExport final : public LogExport {
 public:
  LlmeterExport(const log::StreamText& stream, Write write)
      : stream_(stream.name), write_(std::move(write)) {
    begin(stream.schema);
  }

  Result<void> add(const LoggedSlice& slice) override {
    if (slice.stream.name != stream_) return {};
    if (slice.stream.schema != text_->schema()) begin(slice.stream.schema);
    text_->take(slice);
    out_.clear();
    for (std::uint32_t i = 0; i < slice.slice.count; ++i) add_record(slice, i);
    return write_(out_);
  }

 private:
  // Where a number comes from: nothing, a metric, or a field.
  struct Place {
    std::optional<std::size_t> metric, field;
  };

  void begin(const Schema& schema) {
    text_.emplace(schema);
    for (std::size_t i = 0; i < kNumbers.size(); ++i) {
      numbers_[i].metric = schema.find_metric(kNumbers[i].name);
      if (!numbers_[i].metric) numbers_[i].metric = schema.find_metric(kNumbers[i].other);
      numbers_[i].field = field_named(kNumbers[i].other);
    }
    time_per_output_token_.metric = schema.find_metric(kTimePerOutputToken);
    request_id_ = field_named("request_id");
    retries_ = field_named("retries");
  }

  [[nodiscard]] std::optional<std::size_t> field_named(std::string_view name) const {
    const auto& fields = text_->fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name == name) return i;
    }
    return std::nullopt;
  }

  void add_record(const LoggedSlice& slice, std::uint32_t i) {
    out_ += "{\"response_text\": null, \"input_payload\": null, \"id\": ";
    RecordText::Kind kind{};
    if (request_id_ && text_->field(i, *request_id_, value_, kind)) {
      out_ += '"' + value_ + '"';
    } else {
      out_ += "null";
    }
    out_ += ", \"input_prompt\": null";
    for (std::size_t n = 0; n < kNumbers.size(); ++n) add_number(i, kNumbers[n].name, numbers_[n]);
    add_number(i, kTimePerOutputToken, time_per_output_token_);
    out_ += ", \"error\": ";
    add_error(i);
    out_ += ", \"retries\": ";
    const bool retries = retries_ && text_->field(i, *retries_, value_, kind);
    out_ += retries ? value_ : "null";
    out_ += ", \"request_time\": ";
    add_request_time(slice, i);
    out_ += "}\n";
  }

  void add_number(std::uint32_t record, std::string_view name, const Place& place) {
    out_ += ", \"";
    out_ += name;
    out_ += "\": ";
    RecordText::Kind kind{};
    if (place.metric) {
      out_ += text_->present(record, *place.metric) ? metric_text(record, *place.metric) : "null";
    } else if (place.field && text_->field(record, *place.field, value_, kind)) {
      out_ += value_;
    } else {
      out_ += "null";
    }
  }

  [[nodiscard]] std::string metric_text(std::uint32_t record, std::size_t metric) const {
    const Unit unit = text_->metrics()[metric].unit;
    const double value = text_->value(record, metric);
    return seconds_in(unit) ? python_float(value / per_second(unit)) : count_text(value);
  }

  // To llmeter a response failed when there is an error, be it an empty one.
  void add_error(std::uint32_t record) {
    const Status status = text_->status(record);
    if (status == Status::ok) {
      out_ += "null";
      return;
    }
    std::string error(text_->error_class(record));
    if (error.empty() && status == Status::incomplete) error = to_string(status);
    out_ += python_json(Json(error));
  }

  void add_request_time(const LoggedSlice& slice, std::uint32_t record) {
    const auto& start = text_->schema().start;
    std::int64_t ns = kAbsentTime;
    if (start) std::memcpy(&ns, text_->at(record) + start->offset, sizeof ns);
    if (ns == kAbsentTime) {
      out_ += "null";
      return;
    }
    out_ += '"' + format_iso8601(since_1970(ns, slice)) + '"';
  }

  // Records may be stamped by the monotonic clock. Which one it was tells the distance to the run's
  // opening, which the log holds by both.
  static std::int64_t since_1970(std::int64_t ns, const LoggedSlice& slice) {
    const auto distance = [&](std::int64_t opened) {
      return std::abs(static_cast<double>(ns) - static_cast<double>(opened));
    };
    if (distance(slice.opened_real_ns) <= distance(slice.opened_ns)) return ns;
    std::int64_t shift = 0, real = 0;
    const bool far = __builtin_sub_overflow(slice.opened_real_ns, slice.opened_ns, &shift) ||
                     __builtin_add_overflow(ns, shift, &real);
    return far ? ns : real;
  }

  std::string stream_;
  Write write_;
  std::optional<RecordText> text_;
  std::array<Place, kNumbers.size()> numbers_;
  Place time_per_output_token_;
  std::optional<std::size_t> request_id_, retries_;
  std::string out_, value_;
};

}  // namespace

std::unique_ptr<LogExport> make_llmeter_export(const log::StreamText& stream,
                                               LogExport::Write write) {
  return std::make_unique<LlmeterExport>(stream, std::move(write));
}

}  // namespace millrace
