// SPDX-License-Identifier: Apache-2.0
#include "log/json_value.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace millrace::log {
namespace {

using nlohmann::json;
using Kind = JsonValue::Kind;

// Told of each value by nlohmann's parser. A list that is open is not pushed to until the one within it
// is closed: pointers into the tree stay.
class Tree final : public nlohmann::json_sax<json> {
 public:
  explicit Tree(JsonValue& root) { open_.push_back(&root); }

  bool null() override { return add({}); }
  bool boolean(bool value) override { return add({.kind = Kind::boolean, .truth = value}); }
  bool number_integer(number_integer_t value) override {
    return add({.kind = Kind::negative, .negative = value, .number = static_cast<double>(value)});
  }
  bool number_unsigned(number_unsigned_t value) override {
    return add({.kind = Kind::count, .count = value, .number = static_cast<double>(value)});
  }
  bool number_float(number_float_t value, const string_t&) override { return add(real(value)); }
  bool string(string_t& value) override {
    return add({.kind = Kind::text, .text = std::move(value)});
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return begin(Kind::object); }
  bool key(string_t& value) override {
    open_.back()->keys.push_back(std::move(value));
    return true;
  }
  bool end_object() override { return end(); }
  bool start_array(std::size_t) override { return begin(Kind::list); }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  static JsonValue real(double value) { return {.kind = Kind::number, .number = value}; }

  // The first list is not the text's own: it holds the root.
  bool add(JsonValue value) {
    open_.back()->items.push_back(std::move(value));
    return true;
  }
  bool begin(Kind kind) {
    add({.kind = kind});
    open_.push_back(&open_.back()->items.back());
    return true;
  }
  bool end() {
    open_.pop_back();
    return true;
  }

  std::vector<JsonValue*> open_;
};

}  // namespace

std::optional<JsonValue> JsonValue::parse(std::string_view text) {
  JsonValue around;
  Tree tree(around);
  if (!json::sax_parse(text.begin(), text.end(), &tree)) return std::nullopt;
  return std::move(around.items.front());
}

const JsonValue* JsonValue::find(std::string_view key) const noexcept {
  for (std::size_t i = keys.size(); i != 0; --i) {
    if (keys[i - 1] == key) return &items[i - 1];
  }
  return nullptr;
}

}  // namespace millrace::log
