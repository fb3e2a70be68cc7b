// SPDX-License-Identifier: Apache-2.0
#include "ingest/jsonl_format.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ingest/json_picker.hpp"
#include "ingest/ok_rule.hpp"
#include "ingest/pointer_tree.hpp"

namespace millrace {
namespace {

using Kind = JsonValue::Kind;

// The part of a record that all maps have; f64 metrics follow.
struct Head {
  Status status = Status::ok;
  std::uint8_t reserved = 0;
  std::uint16_t label = LocalNames::kNone;
  std::uint16_t error_class = LocalNames::kNone;
  std::uint16_t reserved_2 = 0;
  std::int64_t start_ns = kAbsentTime;
  std::int64_t end_ns = kAbsentTime;
};
static_assert(sizeof(Head) == 24 && sizeof(Head) + 8 * kJsonlMetricsMax <= kRecordBytesMax);

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

// What a parser does with a line's values, by slot of the tree. Shared by all parsers of a format.
struct Plan {
  struct Number {
    std::uint16_t slot;
    bool whole;
  };
  struct Time {
    std::uint16_t slot;
    TimeUnit unit;
  };
  struct Label {
    std::uint16_t slot;
    std::string prefix;  // "op=", ",host="; empty when there is one label
  };
  PointerTree tree;
  std::vector<Number> metrics;
  std::optional<Time> start, end;
  std::vector<Label> labels;
  std::optional<std::uint16_t> error;
  std::optional<OkRule> ok;
  std::vector<std::uint16_t> ok_slots;  // of the rule's names
};

bool is_absent(const JsonValue& value) {
  return value.kind == Kind::absent || value.kind == Kind::null ||
         (value.kind == Kind::text && (value.text.empty() || value.text == "-"));
}

bool is_error(const JsonValue& value) {
  switch (value.kind) {
    case Kind::absent:
    case Kind::null:
      return false;
    case Kind::boolean:
      return value.text == "true";
    case Kind::number:
      return value.number != 0.0;
    case Kind::text:
      return !value.text.empty();
    case Kind::composite:
      return true;
  }
  return false;
}

OkValue rule_value(const JsonValue& value) {
  switch (value.kind) {
    case Kind::boolean:
      return value.text == "true";
    case Kind::number:
      return value.number;
    case Kind::text:
      return value.text;
    case Kind::composite:
      return true;  // present, and nothing to compare with
    case Kind::absent:
    case Kind::null:
      break;
  }
  return std::monostate{};
}

class JsonlParser final : public LineParser {
 public:
  explicit JsonlParser(std::shared_ptr<const Plan> plan)
      : plan_(std::move(plan)), picker_(plan_->tree), ok_values_(plan_->ok_slots.size()) {}

  const char* parse(std::string_view line, std::byte* record, LocalNames& labels,
                    LocalNames& errors, LineNotes& notes) override {
    LineNotes of_line;
    if (const char* reason = picker_.pick(line, of_line)) return reason;

    Head head;
    if (const char* reason = read_time(plan_->start, head.start_ns)) return reason;
    if (const char* reason = read_time(plan_->end, head.end_ns)) return reason;
    std::byte* to = record + sizeof(Head);
    for (const Plan::Number& metric : plan_->metrics) {
      double number = kAbsent;
      if (const char* reason = read_number(metric, number)) return reason;
      std::memcpy(to, &number, sizeof number);
      to += sizeof number;
    }
    // Names last: a bad line must leave none behind.
    if (const char* reason = read_label(labels, head.label)) return reason;
    read_status(errors, head);
    std::memcpy(record, &head, sizeof head);
    notes.duplicate_keys += of_line.duplicate_keys;
    notes.nonfinite_words += of_line.nonfinite_words;
    return nullptr;
  }

 private:
  const char* read_time(const std::optional<Plan::Time>& time, std::int64_t& ns) const {
    if (!time) return nullptr;
    const JsonValue& value = picker_[time->slot];
    if (is_absent(value)) return nullptr;
    if (value.kind != Kind::text && value.kind != Kind::number) {
      return "a time stamp is neither a text nor a number";
    }
    const auto stamp = parse_timestamp(value.text, time->unit);
    if (!stamp) return "a time stamp cannot be read, or is not between the years 1677 and 2262";
    ns = stamp->ns;
    return nullptr;
  }

  const char* read_number(const Plan::Number& metric, double& number) const {
    const JsonValue& value = picker_[metric.slot];
    if (is_absent(value)) return nullptr;
    if (value.kind == Kind::number)
      number = value.number;
    else if (value.kind != Kind::text)
      return "a metric is not a number";
    else if (!parse_json_number(value.text, number))
      return "a metric is a text without a number";
    // Infinite ones are for the aggregator to count as invalid.
    if (metric.whole && std::isfinite(number) && number != std::trunc(number)) {
      return "an int is not a whole number";
    }
    return nullptr;
  }

  const char* read_label(LocalNames& labels, std::uint16_t& label) {
    joined_.clear();
    for (const Plan::Label& part : plan_->labels) {
      const JsonValue& value = picker_[part.slot];
      if (value.kind == Kind::composite) return "a label is an object or an array";
      if (value.text.empty()) continue;  // absent, null or ""
      const bool first = joined_.empty();
      joined_.append(part.prefix, first && part.prefix.starts_with(',') ? 1 : 0);
      joined_.append(value.text);
    }
    if (!joined_.empty()) label = labels.add(joined_);
    return nullptr;
  }

  void read_status(LocalNames& errors, Head& head) {
    const JsonValue* error = plan_->error ? &picker_[*plan_->error] : nullptr;
    bool ok = error == nullptr || !is_error(*error);
    if (plan_->ok) {
      for (std::size_t i = 0; i < ok_values_.size(); ++i) {
        ok_values_[i] = rule_value(picker_[plan_->ok_slots[i]]);
      }
      ok = plan_->ok->holds(ok_values_);
    }
    if (ok) return;
    head.status = Status::error;
    if (error == nullptr || !is_error(*error)) return;
    head.error_class =
        errors.add(error->kind == Kind::composite ? "(an object or an array)" : error->text);
  }

  std::shared_ptr<const Plan> plan_;
  JsonPicker picker_;
  std::vector<OkValue> ok_values_;
  std::string joined_;
};

// A name in an ok rule: a field, a label, the error text, or a JSON Pointer.
Result<std::string> pointer_of(const JsonlMap& map, const std::string& name) {
  for (const JsonlField& field : map.fields) {
    if (field.name == name) return field.pointer;
  }
  for (const JsonlLabel& label : map.labels) {
    if (label.name == name) return label.pointer;
  }
  if (name == "error" && map.error) return *map.error;
  if (name.starts_with('/')) return name;
  return failure(
      Errc::invalid_argument,
      fmt::format("ok rule '{}': '{}' is no field of the map; a JSON Pointer begins with "
                  "a slash, as in '/{}'",
                  map.ok->text(), name, name));
}

bool is_metric(const JsonlMap& map, const JsonlField& field) {
  if (field.kind == JsonlField::Kind::metric) return true;
  if (field.kind == JsonlField::Kind::text) return false;
  if (!map.ok) return true;
  const auto& names = map.ok->names();
  return std::find(names.begin(), names.end(), field.name) == names.end();
}

// Builds the schema and the plan side by side.
class FormatBuilder {
 public:
  explicit FormatBuilder(const JsonlMap& map) : map_(map) {
    schema_.name = "jsonl";
    schema_.status = Field{0, FieldType::u8};
    schema_.fields = {{"status", {0, FieldType::u8}},
                      {"reserved", {1, FieldType::u8}},
                      {"label", {2, FieldType::u16}},
                      {"error_class", {4, FieldType::u16}},
                      {"reserved_2", {6, FieldType::u16}},
                      {"start_ns", kStart},
                      {"end_ns", kEnd}};
  }

  Result<LineFormat> build(std::string_view label_choice) {
    add_times();
    add_metrics();
    add_labels(label_choice);
    add_status();
    if (error_) return tl::unexpected(*std::move(error_));
    if (schema_.metrics.empty()) {
      return failure(Errc::invalid_argument,
                     "the map has no metric: give one, or both start and end");
    }
    if (plan_->metrics.size() > kJsonlMetricsMax) {
      return failure(Errc::limit, fmt::format("the map has {} metrics; at most {}",
                                              plan_->metrics.size(), kJsonlMetricsMax));
    }
    schema_.record_size = static_cast<std::uint32_t>(sizeof(Head) + 8 * plan_->metrics.size());
    if (auto valid = schema_.validate(); !valid) return tl::unexpected(valid.error());
    return LineFormat{"jsonl", std::move(schema_), [plan = std::shared_ptr<const Plan>(plan_)] {
                        return std::make_unique<JsonlParser>(plan);
                      }};
  }

 private:
  static constexpr Field kStart{8, FieldType::i64};
  static constexpr Field kEnd{16, FieldType::i64};

  std::uint16_t slot(const Result<std::string>& pointer) {
    const auto slot = pointer ? plan_->tree.add(*pointer)
                              : Result<std::uint16_t>(tl::unexpected(pointer.error()));
    if (!slot && !error_) error_ = slot.error();
    return slot.value_or(std::uint16_t{0});
  }

  void add_times() {
    if (map_.start) {
      schema_.start = kStart;
      plan_->start = Plan::Time{slot(map_.start->pointer), map_.start->unit};
    }
    if (map_.end) {
      schema_.end = kEnd;
      plan_->end = Plan::Time{slot(map_.end->pointer), map_.end->unit};
    }
    const bool has_latency =
        std::any_of(map_.fields.begin(), map_.fields.end(), [this](const JsonlField& field) {
          return field.name == "latency" && is_metric(map_, field);
        });
    if (map_.start && map_.end && !has_latency) {
      add_metric("latency", Unit::nanoseconds, {Operation::difference, kEnd, kStart, {}});
    }
  }

  void add_metrics() {
    for (const JsonlField& field : map_.fields) {
      if (!is_metric(map_, field)) continue;
      const auto offset = static_cast<std::uint32_t>(sizeof(Head) + 8 * plan_->metrics.size());
      const Field place{offset, FieldType::f64};
      schema_.fields.push_back({field.name, place});
      add_metric(field.name, field.unit, {Operation::field, place, {}, {}});
      plan_->metrics.push_back({slot(field.pointer), field.kind == JsonlField::Kind::integer});
    }
  }

  // Domain and rate as SchemaBuilder has them.
  void add_metric(const std::string& name, Unit unit, const Expression& value) {
    const Domain domain = seconds_in(unit) ? Domain::duration : Domain::number;
    const bool rated = unit == Unit::tokens || unit == Unit::bytes;
    schema_.metrics.push_back({name, unit, value, domain, rated});
  }

  void add_labels(std::string_view choice) {
    if (!map_.labels.empty()) schema_.label = Field{2, FieldType::u16};
    for (const JsonlLabel& label : map_.labels) {
      if (!choice.empty() && label.name != choice) continue;
      const bool alone = !choice.empty() || map_.labels.size() == 1;
      plan_->labels.push_back(
          {slot(label.pointer),
           alone ? "" : fmt::format("{}{}=", plan_->labels.empty() ? "" : ",", label.name)});
    }
    if (!choice.empty() && plan_->labels.empty() && !error_) {
      std::vector<std::string_view> known;
      for (const JsonlLabel& label : map_.labels) known.push_back(label.name);
      error_ =
          Error{Errc::not_found,
                fmt::format("the map has no label '{}'; known: {}", choice,
                            known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")))};
    }
  }

  void add_status() {
    if (map_.error) {
      schema_.error_class = Field{4, FieldType::u16};
      plan_->error = slot(*map_.error);
    }
    if (!map_.ok) return;
    plan_->ok = map_.ok;
    for (const std::string& name : map_.ok->names()) {
      plan_->ok_slots.push_back(slot(pointer_of(map_, name)));
    }
  }

  const JsonlMap& map_;
  Schema schema_;
  std::shared_ptr<Plan> plan_ = std::make_shared<Plan>();
  std::optional<Error> error_;
};

}  // namespace

Result<LineFormat> make_jsonl_format(const JsonlMap& map, std::string_view label_choice) {
  return FormatBuilder(map).build(label_choice);
}

}  // namespace millrace
