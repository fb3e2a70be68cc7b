// SPDX-License-Identifier: Apache-2.0
#include "report/python_json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "report/code_point.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

void write_text(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const auto [code_point, bytes] = next_code_point(text);
    text.remove_prefix(bytes);
    switch (code_point) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (code_point >= 0x20 && code_point < 0x7F) {
          out += static_cast<char>(code_point);
        } else if (code_point < 0x10000) {
          out += fmt::format("\\u{:04x}", code_point);
        } else {
          const std::uint32_t offset = code_point - 0x10000;
          out +=
              fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
        }
    }
  }
  out += '"';
}

constexpr std::size_t kPieceBytes = 64 << 10;

class Writer {
 public:
  explicit Writer(std::optional<int> indent) : indent_(indent) {}
  Writer(const LongLists& lists, const WriteText& write_piece)
      : lists_(&lists), write_piece_(&write_piece) {}

  void write(const Json& value, int level) {
    switch (value.type()) {
      case Json::value_t::object:
        return write_object(value, level);
      case Json::value_t::array:
        return write_array(value, level);
      case Json::value_t::string:
        return write_text(value.get_ref<const std::string&>(), out);
      case Json::value_t::boolean:
        out += value.get<bool>() ? "true" : "false";
        return;
      case Json::value_t::number_integer:
        out += std::to_string(value.get<std::int64_t>());
        return;
      case Json::value_t::number_unsigned:
        out += std::to_string(value.get<std::uint64_t>());
        return;
      case Json::value_t::number_float:
        out += python_float(value.get<double>());
        return;
      case Json::value_t::binary:
        return write_long_list(static_cast<unsigned>(value.get_binary().subtype()), level);
      case Json::value_t::null:
      case Json::value_t::discarded:
        out += "null";
        return;
    }
  }

  /// What is left, and what went wrong first.
  Result<void> finish() {
    pass_on(0);
    return std::move(result_);
  }

  std::string out;

 private:
  void pass_on(std::size_t bytes) {
    if (write_piece_ == nullptr || out.size() <= bytes || !result_) return;
    result_ = (*write_piece_)(out);
    out.clear();
  }

  void write_long_list(unsigned list, int level) {
    if (lists_ == nullptr) {
      out += "[]";
      return;
    }
    out += '[';
    const char* separator = "";
    auto listed = (*lists_)(list, [&](const Json& item) -> Result<void> {
      begin_item(separator, level + 1);
      write(item, level + 1);
      separator = ", ";
      pass_on(kPieceBytes);
      return result_;
    });
    if (result_ && !listed) result_ = std::move(listed);
    out += ']';
  }

  void write_object(const Json& object, int level) {
    out += '{';
    const char* separator = "";
    for (const auto& [key, value] : object.items()) {
      begin_item(separator, level + 1);
      write_text(key, out);
      out += ": ";
      write(value, level + 1);
      separator = indent_ ? "," : ", ";
    }
    if (!object.empty()) begin_line(level);
    out += '}';
  }

  void write_array(const Json& array, int level) {
    out += '[';
    const char* separator = "";
    for (const Json& value : array) {
      begin_item(separator, level + 1);
      write(value, level + 1);
      separator = indent_ ? "," : ", ";
    }
    if (!array.empty()) begin_line(level);
    out += ']';
  }

  void begin_item(const char* separator, int level) {
    out += separator;
    begin_line(level);
  }

  void begin_line(int level) {
    if (!indent_) return;
    out += '\n';
    out.append(static_cast<std::size_t>(*indent_ * level), ' ');
  }

  std::optional<int> indent_ = std::nullopt;
  const LongLists* lists_ = nullptr;
  const WriteText* write_piece_ = nullptr;
  Result<void> result_;
};

}  // namespace

std::string python_json(const Json& value, std::optional<int> indent) {
  Writer writer(indent);
  writer.write(value, 0);
  return std::move(writer.out);
}

Result<void> write_python_json(const Json& value, const LongLists& lists, const WriteText& write) {
  Writer writer(lists, write);
  writer.write(value, 0);
  return writer.finish();
}

std::string python_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";

  // to_chars spells exponents as Python does: 1e-05, 1e+16.
  char scientific[32];  // the longest: -1.2345678901234567e-308
  char* const end = std::to_chars(std::begin(scientific), std::end(scientific), value,
                                  std::chars_format::scientific)
                        .ptr;
  const char* const sign = std::find(scientific, end, 'e') + 1;
  int exponent = 0;
  std::from_chars(sign + (*sign == '+'), end, exponent);
  if (exponent < -4 || exponent >= 16) return std::string(scientific, end);

  char fixed[40];
  const auto written =
      std::to_chars(std::begin(fixed), std::end(fixed), value, std::chars_format::fixed);
  std::string text(fixed, written.ptr);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

}  // namespace millrace
