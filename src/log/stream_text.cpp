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
#include "log/json_value.hpp"
#include "record/formula.hpp"

namespace millrace::log {
namespace {

using Kind = JsonValue::Kind;

constexpr int kDepthMax = 64;

// In the order of their enums.
constexpr std::array kTypes = {"i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"};
constexpr std::array kOperations = {"field", "difference", "sum", "ratio", "per_count_less_one"};
constexpr std::array kDomains = {"number", "duration", "any"};
constexpr std::array kUnits = {
    "none",    "nanoseconds",       "microseconds",          "milliseconds",
    "seconds", "seconds_per_token", "nanoseconds_per_token", "bytes",
    "tokens"};
constexpr std::array kTokenSources = {"response", "request"};
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

// Of a text or a number, which need no tree: that of nlohmann allocates when it goes. Bytes that are no
// UTF-8 become U+FFFD: JSON cannot carry them.
template <typename T>
std::string as_json(const T& value) {
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// An offset alone means the first listed field there; what is not listed brings its type.
std::string operand(const Schema& schema, const Field& field) {
  const NamedField* listed = listed_at(schema, field.offset);
  if (listed != nullptr && listed->field == field) return std::to_string(field.offset);
  return fmt::format(R"({{"type":"{}","offset":{}}})", word_of(field.type, kTypes), field.offset);
}

// JSON has no word for some.
std::string number(double value) {
  if (std::isnan(value)) return R"("nan")";
  if (std::isinf(value)) return value > 0 ? R"("inf")" : R"("-inf")";
  return as_json(value);
}

// `one(item)` for each, with commas between them.
template <typename Items, typename One>
std::string joined(const Items& items, One one) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ',';
    text += one(item);
  }
  return text;
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
  Result<StreamText> parse(const JsonValue& root) {
    StreamText stream;
    Schema& schema = stream.schema;
    stream.name = text(root, "stream");
    schema.name = text(root, "schema");
    schema.record_size = integer(root, "record_size", std::numeric_limits<std::uint32_t>::max());
    for (const JsonValue& field : list(root, "fields")) add_field(schema, field);
    roles(schema, root);
    for (const JsonValue& metric : list(root, "metrics")) add_metric(schema, metric);
    for (const JsonValue& limit : list(root, "goodput")) {
      stream.goodput.push_back({text(limit, "metric"), real(limit, "at_most")});
    }
    optional_integer(root, "labels_max", stream.labels_max);
    optional_integer(root, "label_memory_bytes", stream.label_memory_bytes);
    if (const JsonValue* window = root.find("window")) {
      stream.window =
          TimeWindow{signed_integer(*window, "begin_ns"), signed_integer(*window, "end_ns")};
    }
    if (const JsonValue* range = root.find("range")) {
      stream.range.emplace();
      optional_integer(*range, "first", stream.range->first);
      optional_integer(*range, "last", stream.range->last);
    }
    if (const JsonValue* tokens = root.find("tokens")) {
      stream.tokens = {word<TokenSource>(*tokens, "input", kTokenSources),
                       word<TokenSource>(*tokens, "output", kTokenSources)};
    }
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

  std::string text(const JsonValue& object, const char* key) {
    const JsonValue* value = object.find(key);
    if (value != nullptr && value->kind == Kind::text &&
        value->text.find('\0') == std::string::npos)
      return value->text;
    fail(fmt::format("'{}' is missing or no text", key));
    return {};
  }

  std::uint32_t integer(const JsonValue& object, const char* key, std::uint32_t at_most) {
    const JsonValue* value = object.find(key);
    if (value != nullptr && value->kind == Kind::count && value->count <= at_most) {
      return static_cast<std::uint32_t>(value->count);
    }
    fail(fmt::format("'{}' is missing or no number from 0 to {}", key, at_most));
    return 0;
  }

  template <typename T>
  void optional_integer(const JsonValue& object, const char* key, T& value) {
    const JsonValue* given = object.find(key);
    if (given == nullptr) return;
    if (given->kind == Kind::count && given->count <= std::numeric_limits<T>::max()) {
      value = static_cast<T>(given->count);
      return;
    }
    fail(fmt::format("'{}' is no number from 0 to {}", key, std::numeric_limits<T>::max()));
  }

  std::int64_t signed_integer(const JsonValue& object, const char* key) {
    const JsonValue* value = object.find(key);
    if (value != nullptr && value->kind == Kind::negative) return value->negative;
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value != nullptr && value->kind == Kind::count && value->count <= kMax) {
      return static_cast<std::int64_t>(value->count);
    }
    fail(fmt::format("'{}' is missing or no whole number of 64 bits", key));
    return 0;
  }

  double real(const JsonValue& object, const char* key) {
    const JsonValue* value = object.find(key);
    if (value != nullptr && (value->kind == Kind::count || value->kind == Kind::negative ||
                             value->kind == Kind::number)) {
      return value->number;
    }
    const std::string word = value != nullptr && value->kind == Kind::text ? value->text : "";
    if (word == "inf") return std::numeric_limits<double>::infinity();
    if (word == "-inf") return -std::numeric_limits<double>::infinity();
    if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
    fail(fmt::format("'{}' is missing or no number", key));
    return 0;
  }

  template <typename E, std::size_t N>
  E word(const JsonValue& object, const char* key, const std::array<const char*, N>& words) {
    const std::string wanted = text(object, key);
    for (std::size_t i = 0; i < N; ++i) {
      if (wanted == words[i]) return static_cast<E>(i);
    }
    fail(fmt::format("'{}' is '{}', which is not known", key, wanted));
    return E{};
  }

  const std::vector<JsonValue>& list(const JsonValue& object, const char* key) {
    static const std::vector<JsonValue> nothing;
    const JsonValue* value = object.find(key);
    if (value != nullptr && value->kind == Kind::list) return value->items;
    fail(fmt::format("'{}' is missing or no list", key));
    return nothing;
  }

  void add_field(Schema& schema, const JsonValue& field) {
    const auto type = word<FieldType>(field, "type", kTypes);
    schema.fields.push_back({text(field, "name"), {offset(field, "offset"), type}});
  }

  std::uint32_t offset(const JsonValue& object, const char* key) {
    return integer(object, key, static_cast<std::uint32_t>(kRecordBytesMax));
  }

  void roles(Schema& schema, const JsonValue& root) {
    const JsonValue* given = root.find("roles");
    if (given == nullptr || given->kind != Kind::object)
      return fail("'roles' is missing or no object");
    for (const Role& role : kRoles) {
      if (given->find(role.name) != nullptr) {
        schema.*role.field = Field{offset(*given, role.name), role.type};
      }
    }
  }

  Field operand(const Schema& schema, const JsonValue& metric, const char* key) {
    const JsonValue* value = metric.find(key);
    if (value != nullptr && value->kind == Kind::object) {
      const auto type = word<FieldType>(*value, "type", kTypes);
      return {offset(*value, "offset"), type};
    }
    const std::uint32_t at = offset(metric, key);
    if (const NamedField* listed = listed_at(schema, at)) return listed->field;
    fail(fmt::format("'{}' is {}, where no field begins", key, at));
    return {};
  }

  void add_metric(Schema& schema, const JsonValue& metric) {
    Metric made;
    made.name = text(metric, "name");
    made.unit = word<Unit>(metric, "unit", kUnits);
    made.domain = word<Domain>(metric, "domain", kDomains);
    const JsonValue* rated = metric.find("rated");
    if (rated == nullptr || rated->kind != Kind::boolean) {
      return fail("'rated' is missing or not a truth");
    }
    made.rated = rated->truth;
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
  const std::string fields = joined(schema.fields, [](const NamedField& f) {
    return fmt::format(R"({{"name":{},"type":"{}","offset":{}}})", as_json(f.name),
                       word_of(f.field.type, kTypes), f.field.offset);
  });
  std::string roles;
  for (const Role& role : kRoles) {
    const auto& field = schema.*role.field;
    if (!field) continue;
    roles += fmt::format(R"({}"{}":{})", roles.empty() ? "" : ",", role.name, field->offset);
  }
  const std::string metrics = joined(schema.metrics, [&](const Metric& metric) {
    std::string made = fmt::format(
        R"({{"name":{},"unit":"{}","domain":"{}","rated":{},"operation":"{}")",
        as_json(metric.name), word_of(metric.unit, kUnits), word_of(metric.domain, kDomains),
        metric.rated, word_of(metric.value.operation, kOperations));
    const Field* const used[] = {&metric.value.a, &metric.value.b, &metric.value.c};
    for (std::size_t i = 0; i < operands(metric.value.operation); ++i) {
      made += fmt::format(R"(,"{}":{})", kOperands[i], operand(schema, *used[i]));
    }
    return made + "}";
  });
  const std::string goodput = joined(stream.goodput, [](const Limit& limit) {
    return fmt::format(R"({{"metric":{},"at_most":{}}})", as_json(limit.metric),
                       number(limit.at_most));
  });
  std::string further;
  if (stream.window) {
    further += fmt::format(R"(,"window":{{"begin_ns":{},"end_ns":{}}})", stream.window->begin_ns,
                           stream.window->end_ns);
  }
  if (stream.range) {
    further += fmt::format(R"(,"range":{{"first":{},"last":{}}})", stream.range->first,
                           stream.range->last);
  }
  if (stream.tokens != TokenSources{}) {
    further += fmt::format(R"(,"tokens":{{"input":"{}","output":"{}"}})",
                           word_of(stream.tokens.input, kTokenSources),
                           word_of(stream.tokens.output, kTokenSources));
  }
  return fmt::format(
      R"({{"stream":{},"schema":{},"record_size":{},"fields":[{}],"roles":{{{}}},"metrics":[{}],)"
      R"("goodput":[{}],"labels_max":{},"label_memory_bytes":{}{}}})",
      as_json(stream.name), as_json(schema.name), schema.record_size, fields, roles, metrics,
      goodput, stream.labels_max, stream.label_memory_bytes, further);
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
  const auto root = JsonValue::parse(text);
  if (!root) return failure(Errc::format, "a stream's text is no JSON");
  return Parser().parse(*root);
}

}  // namespace millrace::log
