// SPDX-License-Identifier: Apache-2.0
#include "ingest/json_picker.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "ingest/json_reason.hpp"

namespace millrace {
namespace {

constexpr const char* kTooDeep = "nested more than 64 levels deep";
constexpr const char* kNotABox = "neither a JSON object nor an array";
constexpr std::size_t kParserBytesMin = 64 << 10;

static_assert(LineParser::kPadding >= simdjson::SIMDJSON_PADDING);

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 8259, 6: from_chars() takes more than that (a leading zero, "1.", "nan").
bool is_json_number(std::string_view token) {
  const char* at = token.data();
  const char* const end = at + token.size();
  const auto digits = [&] {
    const char* const begin = at;
    while (at < end && is_digit(*at)) ++at;
    return at > begin;
  };
  if (at < end && *at == '-') ++at;
  if (at < end && *at == '0')
    ++at;
  else if (!digits())
    return false;
  if (at < end && *at == '.' && (++at, !digits())) return false;
  if (at < end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at < end && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return false;
  }
  return at == end;
}

bool is_word_for_number(std::string_view token, double& number) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (token == "NaN")
    number = std::numeric_limits<double>::quiet_NaN();
  else if (token == "Infinity")
    number = kInfinity;
  else if (token == "-Infinity")
    number = -kInfinity;
  else
    return false;
  return true;
}

bool has_escapes(std::string_view text) {
  return std::memchr(text.data(), '\\', text.size()) != nullptr;
}

// simdjson's first stage has found the ends of texts and refused control characters in them; what
// it has not looked at are the escapes.
bool escapes_are_good(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != text.npos; at = text.find('\\', at)) {
    const char kind = at + 1 < text.size() ? text[at + 1] : '\0';
    if (kind == '\0' || std::strchr("\"\\/bfnrtu", kind) == nullptr) return false;
    at += 2;
    if (kind != 'u') continue;
    const std::string_view digits = text.substr(std::min(at, text.size()), 4);
    const bool good = digits.size() == 4 &&
                      digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    if (!good) return false;
  }
  return true;
}

// The key as it stands in the line; without data when it has escapes. A key is followed by its
// closing quote: the first stage has seen to it.
std::string_view plain_key(simdjson::ondemand::field& field) {
  const char* const begin = field.key().raw();
  const char* end = begin;
  while (*end != '"') {
    if (*end == '\\') return {};
    ++end;
  }
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Behind a token simdjson leaves the blanks up to the next one.
std::string_view without_blanks(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last + 1);
}

}  // namespace

bool parse_json_number(std::string_view token, double& number) noexcept {
  if (!is_json_number(token)) return is_word_for_number(token, number);
  const auto outcome = std::from_chars(token.data(), token.data() + token.size(), number);
  if (outcome.ec == std::errc::result_out_of_range) {
    // As Python has it: too small is 0, too large is infinite (and then counted as invalid).
    const bool small = token.find("e-") != token.npos || token.find("E-") != token.npos ||
                       token.starts_with("0") || token.starts_with("-0");
    number = small ? 0.0 : std::numeric_limits<double>::infinity();
    if (token.front() == '-') number = -number;
  }
  return true;
}

JsonPicker::JsonPicker(const PointerTree& tree)
    : tree_(tree), values_(tree.slot_count()), seen_(tree.node_count()) {}

const char* JsonPicker::pick(std::string_view line, LineNotes& notes) {
  if (line.size() > parser_.capacity()) {
    const std::size_t capacity = std::max(std::bit_ceil(line.size()), kParserBytesMin);
    if (const auto error = parser_.allocate(capacity)) return json_reason(error);
  }
  simdjson::ondemand::document document;
  const std::size_t readable = line.size() + LineParser::kPadding;
  if (const auto error = parser_.iterate(line.data(), line.size(), readable).get(document)) {
    return json_reason(error);
  }
  std::fill(values_.begin(), values_.end(), JsonValue{});
  ++line_;
  notes_ = &notes;

  const char* reason = kNotABox;
  simdjson::ondemand::json_type type;
  if (const auto error = document.type().get(type)) return json_reason(error);
  if (type == simdjson::ondemand::json_type::object) {
    simdjson::ondemand::object object;
    if (const auto error = document.get_object().get(object)) return json_reason(error);
    reason = walk(object, PointerTree::kRoot, 1);
  } else if (type == simdjson::ondemand::json_type::array) {
    simdjson::ondemand::array array;
    if (const auto error = document.get_array().get(array)) return json_reason(error);
    reason = walk(array, PointerTree::kRoot, 1);
  }
  if (reason != nullptr) return reason;
  const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? nullptr : json_reason(simdjson::TRAILING_CONTENT);
}

// `node` is kNone where no pointer leads: the value is checked only.
const char* JsonPicker::walk(simdjson::ondemand::object object, std::uint16_t node, int depth) {
  if (depth > kDepthMax) return kTooDeep;
  for (auto entry : object) {
    simdjson::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return json_reason(error);
    std::string_view key = plain_key(field);
    if (key.data() == nullptr) {
      if (const auto error = field.unescaped_key().get(key)) return json_reason(error);
    }
    const std::uint16_t child =
        node == PointerTree::kNone ? PointerTree::kNone : tree_.child(node, key);
    if (const char* reason = visit(field.value(), child, depth)) return reason;
  }
  return nullptr;
}

const char* JsonPicker::walk(simdjson::ondemand::array array, std::uint16_t node, int depth) {
  if (depth > kDepthMax) return kTooDeep;
  std::size_t index = 0;
  for (auto entry : array) {
    Value value;
    if (const auto error = std::move(entry).get(value)) return json_reason(error);
    const std::uint16_t child =
        node == PointerTree::kNone ? PointerTree::kNone : tree_.child(node, index);
    if (const char* reason = visit(value, child, depth)) return reason;
    ++index;
  }
  return nullptr;
}

const char* JsonPicker::visit(Value value, std::uint16_t node, int depth) {
  JsonValue* to = nullptr;
  if (node != PointerTree::kNone) {
    if (seen_[node] == line_) {
      ++notes_->duplicate_keys;
      forget(node);
    }
    seen_[node] = line_;
    const std::uint16_t slot = tree_.node(node).slot;
    if (slot != PointerTree::kNone) to = &values_[slot];
  }

  simdjson::ondemand::json_type type;
  const bool known = value.type().get(type) == simdjson::SUCCESS;
  if (known && type == simdjson::ondemand::json_type::object) {
    if (to != nullptr) to->kind = JsonValue::Kind::composite;
    simdjson::ondemand::object object;
    if (const auto error = value.get_object().get(object)) return json_reason(error);
    return walk(object, node, depth + 1);
  }
  if (known && type == simdjson::ondemand::json_type::array) {
    if (to != nullptr) to->kind = JsonValue::Kind::composite;
    simdjson::ondemand::array array;
    if (const auto error = value.get_array().get(array)) return json_reason(error);
    return walk(array, node, depth + 1);
  }
  return read_scalar(value, to);
}

// `to` is nullptr for a value that is checked only.
const char* JsonPicker::read_scalar(Value& value, JsonValue* to) {
  const std::string_view token = value.raw_json_token();
  if (token.empty()) return json_reason(simdjson::TAPE_ERROR);
  if (token.front() == '"') {
    const std::string_view quoted = without_blanks(token);
    if (quoted.size() < 2 || quoted.back() != '"') return json_reason(simdjson::UNCLOSED_STRING);
    std::string_view text = quoted.substr(1, quoted.size() - 2);
    const bool escaped = has_escapes(text);
    if (escaped && to == nullptr && !escapes_are_good(text)) {
      return json_reason(simdjson::STRING_ERROR);
    }
    // Either call moves on behind the text. Left to simdjson to skip, a text with a colon behind it
    // passes for a key, and ["a":1] for an array.
    simdjson::ondemand::raw_json_string raw;
    if (escaped && to != nullptr) {
      // A lone surrogate, which Python writes and reads, is an error to simdjson: then the text
      // stays as the file has it.
      std::string_view unescaped;
      if (!value.get_string().get(unescaped))
        text = unescaped;
      else if (!escapes_are_good(text))
        return json_reason(simdjson::STRING_ERROR);
    } else if (const auto error = value.get_raw_json_string().get(raw)) {
      return json_reason(error);
    }
    if (to != nullptr) *to = {JsonValue::Kind::text, 0, text};
    return nullptr;
  }

  JsonValue read{JsonValue::Kind::number, 0, without_blanks(token)};
  if (read.text == "null") {
    read = {JsonValue::Kind::null, 0, {}};
  } else if (read.text == "true" || read.text == "false") {
    read.kind = JsonValue::Kind::boolean;
  } else if (is_word_for_number(read.text, read.number)) {
    ++notes_->nonfinite_words;
  } else if (to != nullptr ? !parse_json_number(read.text, read.number)
                           : !is_json_number(read.text)) {
    return json_reason(is_digit(token.front()) || token.front() == '-' ? simdjson::NUMBER_ERROR
                                                                       : simdjson::TAPE_ERROR);
  }
  if (to != nullptr) *to = read;
  return nullptr;
}

// What an earlier value of the same key has left.
void JsonPicker::forget(std::uint16_t node) {
  const PointerTree::Node& gone = tree_.node(node);
  seen_[node] = 0;
  if (gone.slot != PointerTree::kNone) values_[gone.slot] = {};
  for (const std::uint16_t child : gone.children) forget(child);
}

}  // namespace millrace
