// SPDX-License-Identifier: Apache-2.0
#include "log/stream_text.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "log/format.hpp"
#include "record/formula.hpp"

namespace millrace::log {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kDepthMax = 64;

// In the order of their enums.
constexpr std::array kTypes = {"i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"};
constexpr std::array kOperations = {"field", "difference", "sum", "ratio", "per_count_less_one"};
constexpr std::array kDomains = {"number", "duration", "any"};
constexpr std::array kUnits = {
    "none",    "nanoseconds",       "microseconds",          "milliseconds",
    "seconds", "seconds_per_token", "nanoseconds_per_token", "bytes",
    "tokens"};
constexpr std::array kOperands = {"a", "b", "c"};

struct Role {
  const char* name;
  std::optional<Field> Schema::*field;
  FieldType type;
};
constexpr Role kRoles[] = {{"status", &Schema::status, FieldType::u8},
                           {"label", &Schema::label, FieldType::u16},
                           {"error_class", &Schema::error_class, FieldType::u16},
                           {"event", &Schema::event, FieldType::u8},
                           {"start", &Schema::start, FieldType::i64},
                           {"intended_start", &Schema::intended_start, FieldType::i64},
                           {"end", &Schema::end, FieldType::i64}};

template <typename E, std::size_t N>
const char* word_of(E value, const std::array<const char*, N>& words) {
  const auto i = static_cast<std::size_t>(value);
  return i < N ? words[i] : "?";
}

const NamedField* listed_at(const Schema& schema, std::uint32_t offset) {
  for (const NamedField& f : schema.fields) {
    if (f.field.offset == offset) return &f;
  }
  return nullptr;
}

// An offset alone means the first listed field there; what is not listed brings its type.
ordered_json operand(const Schema& schema, const Field& field) {
  const NamedField* listed = listed_at(schema, field.offset);
  if (listed != nullptr && listed->field == field) return field.offset;
  return {{"type", word_of(field.type, kTypes)}, {"offset", field.offset}};
}

// JSON has no word for them.
ordered_json number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

/// Takes a schema out of JSON; the first thing that is not as it should be is kept, and ends it.
class Parser {
 public:
  Result<StreamText> parse(const json& root) {
    StreamText stream;
    Schema& schema = stream.schema;
    stream.name = text(root, "stream");
    schema.name = text(root, "schema");
    schema.record_size = integer(root, "record_size", std::numeric_limits<std::uint32_t>::max());
    for (const json& field : list(root, "fields")) add_field(schema, field);
    roles(schema, root);
    for (const json& metric : list(root, "metrics")) add_metric(schema, metric);
    for (const json& limit : list(root, "goodput")) {
      stream.goodput.push_back({text(limit, "metric"), real(limit, "at_most")});
    }
    optional_integer(root, "labels_max", stream.labels_max);
    optional_integer(root, "label_memory_bytes", stream.label_memory_bytes);
    if (stream.name.empty()) fail("its name is empty");
    if (!fault_.empty()) return failure(Errc::format, "a stream's text: " + fault_);
    if (auto valid = schema.validate(); !valid) {
      return failure(Errc::format, "a stream's text: " + valid.error().message);
    }
    for (const Limit& limit : stream.goodput) {
      if (!schema.find_metric(limit.metric)) {
        return failure(Errc::format, fmt::format("a stream's text: a goodput limit of '{}', which "
                                                 "is no metric of it",
                                                 limit.metric));
      }
    }
    return stream;
  }

 private:
  void fail(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  // nullptr: not there, or `object` is none.
  static const json* find(const json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto at = object.find(key);
    return at == object.end() ? nullptr : &*at;
  }

  std::string text(const json& object, const char* key) {
    const json* value = find(object, key);
    if (value != nullptr && value->is_string()) return value->get_ref<const std::string&>();
    fail(fmt::format("'{}' is missing or no text", key));
    return {};
  }

  std::uint32_t integer(const json& object, const char* key, std::uint32_t at_most) {
    const json* value = find(object, key);
    if (value != nullptr && value->is_number_unsigned()) {
      if (const auto n = value->get<std::uint64_t>(); n <= at_most) {
        return static_cast<std::uint32_t>(n);
      }
    }
    fail(fmt::format("'{}' is missing or no number from 0 to {}", key, at_most));
    return 0;
  }

  template <typename T>
  void optional_integer(const json& object, const char* key, T& value) {
    const json* given = find(object, key);
    if (given == nullptr) return;
    if (given->is_number_unsigned()) {
      if (const auto n = given->get<std::uint64_t>(); n <= std::numeric_limits<T>::max()) {
        value = static_cast<T>(n);
        return;
      }
    }
    fail(fmt::format("'{}' is no number from 0 to {}", key, std::numeric_limits<T>::max()));
  }

  double real(const json& object, const char* key) {
    const json* value = find(object, key);
    if (value != nullptr && value->is_number()) return value->get<double>();
    const std::string word =
        value != nullptr && value->is_string() ? value->get<std::string>() : "";
    if (word == "inf") return std::numeric_limits<double>::infinity();
    if (word == "-inf") return -std::numeric_limits<double>::infinity();
    if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
    fail(fmt::format("'{}' is missing or no number", key));
    return 0;
  }

  template <typename E, std::size_t N>
  E word(const json& object, const char* key, const std::array<const char*, N>& words) {
    const std::string wanted = text(object, key);
    for (std::size_t i = 0; i < N; ++i) {
      if (wanted == words[i]) return static_cast<E>(i);
    }
    fail(fmt::format("'{}' is '{}', which is not known", key, wanted));
    return E{};
  }

  const json& list(const json& object, const char* key) {
    static const json nothing = json::array();
    const json* value = find(object, key);
    if (value != nullptr && value->is_array()) return *value;
    fail(fmt::format("'{}' is missing or no list", key));
    return nothing;
  }

  void add_field(Schema& schema, const json& field) {
    const auto type = word<FieldType>(field, "type", kTypes);
    schema.fields.push_back({text(field, "name"), {offset(field, "offset"), type}});
  }

  std::uint32_t offset(const json& object, const char* key) {
    return integer(object, key, static_cast<std::uint32_t>(kRecordBytesMax));
  }

  void roles(Schema& schema, const json& root) {
    const json* given = find(root, "roles");
    if (given == nullptr || !given->is_object()) return fail("'roles' is missing or no object");
    for (const Role& role : kRoles) {
      if (find(*given, role.name) != nullptr) {
        schema.*role.field = Field{offset(*given, role.name), role.type};
      }
    }
  }

  Field operand(const Schema& schema, const json& metric, const char* key) {
    const json* value = find(metric, key);
    if (value != nullptr && value->is_object()) {
      const auto type = word<FieldType>(*value, "type", kTypes);
      return {offset(*value, "offset"), type};
    }
    const std::uint32_t at = offset(metric, key);
    if (const NamedField* listed = listed_at(schema, at)) return listed->field;
    fail(fmt::format("'{}' is {}, where no field begins", key, at));
    return {};
  }

  void add_metric(Schema& schema, const json& metric) {
    Metric made;
    made.name = text(metric, "name");
    made.unit = word<Unit>(metric, "unit", kUnits);
    made.domain = word<Domain>(metric, "domain", kDomains);
    const json* rated = find(metric, "rated");
    if (rated == nullptr || !rated->is_boolean()) return fail("'rated' is missing or not a truth");
    made.rated = rated->get<bool>();
    made.value.operation = word<Operation>(metric, "operation", kOperations);
    Field* const to[] = {&made.value.a, &made.value.b, &made.value.c};
    for (std::size_t i = 0; i < operands(made.value.operation); ++i) {
      *to[i] = operand(schema, metric, kOperands[i]);
    }
    schema.metrics.push_back(std::move(made));
  }

  std::string fault_;
};

}  // namespace

std::string to_text(const StreamText& stream) {
  const Schema& schema = stream.schema;
  ordered_json root = {
      {"stream", stream.name}, {"schema", schema.name}, {"record_size", schema.record_size}};
  auto& fields = root["fields"] = ordered_json::array();
  for (const NamedField& f : schema.fields) {
    fields.push_back(
        {{"name", f.name}, {"type", word_of(f.field.type, kTypes)}, {"offset", f.field.offset}});
  }
  auto& roles = root["roles"] = ordered_json::object();
  for (const Role& role : kRoles) {
    if (const auto& field = schema.*role.field) roles[role.name] = field->offset;
  }
  auto& metrics = root["metrics"] = ordered_json::array();
  for (const Metric& metric : schema.metrics) {
    ordered_json made = {{"name", metric.name},
                         {"unit", word_of(metric.unit, kUnits)},
                         {"domain", word_of(metric.domain, kDomains)},
                         {"rated", metric.rated},
                         {"operation", word_of(metric.value.operation, kOperations)}};
    const Field* const used[] = {&metric.value.a, &metric.value.b, &metric.value.c};
    for (std::size_t i = 0; i < operands(metric.value.operation); ++i) {
      made[kOperands[i]] = operand(schema, *used[i]);
    }
    metrics.push_back(std::move(made));
  }
  auto& goodput = root["goodput"] = ordered_json::array();
  for (const Limit& limit : stream.goodput) {
    goodput.push_back({{"metric", limit.metric}, {"at_most", number(limit.at_most)}});
  }
  root["labels_max"] = stream.labels_max;
  root["label_memory_bytes"] = stream.label_memory_bytes;
  // Bytes that are no UTF-8 become U+FFFD: JSON cannot carry them.
  return root.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Result<StreamText> parse_stream(std::string_view text) {
  if (text.size() > kNameBytesMax) {
    return failure(Errc::limit, fmt::format("a stream's text has {} bytes; {} at most", text.size(),
                                            kNameBytesMax));
  }
  if (too_deep(text)) {
    return failure(Errc::format,
                   fmt::format("a stream's text is nested more than {} deep", kDepthMax));
  }
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return failure(Errc::format, "a stream's text is no JSON");
  return Parser().parse(root);
}

}  // namespace millrace::log
