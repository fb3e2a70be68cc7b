// SPDX-License-Identifier: Apache-2.0
#include "report/python_text.hpp"

#include <cmath>
#include <cstdint>
#include <ctime>
#include <string_view>

#include <fmt/format.h>

#include "report/code_point.hpp"
#include "report/python_json.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

std::string quoted_text(std::string_view text) {
  const bool single = text.find('\'') == text.npos || text.find('"') != text.npos;
  const char quote = single ? '\'' : '"';
  std::string out(1, quote);
  while (!text.empty()) {
    const CodePoint c = next_code_point(text);
    const std::string_view bytes = text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
    if (c.code == '\n') {
      out += "\\n";
    } else if (c.code == '\r') {
      out += "\\r";
    } else if (c.code == '\t') {
      out += "\\t";
    } else if (c.code == '\\' || c.code == static_cast<unsigned char>(quote)) {
      out += '\\';
      out += bytes;
    } else if (c.code < 0x20 || (c.code >= 0x7F && c.code <= 0xA0)) {
      out += fmt::format("\\x{:02x}", c.code);
    } else if (c.code >= 0xD800 && c.code < 0xE000) {
      out += fmt::format("\\u{:04x}", c.code);
    } else {
      out += bytes;
    }
  }
  return out + quote;
}

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return python_float(value);
}

}  // namespace

std::string python_repr(const Json& value) {
  std::string out;
  const char* separator = "";
  switch (value.type()) {
    case Json::value_t::object:
      for (const auto& [key, item] : value.items()) {
        out += separator + quoted_text(key) + ": " + python_repr(item);
        separator = ", ";
      }
      return "{" + out + "}";
    case Json::value_t::array:
      for (const Json& item : value) {
        out += separator + python_repr(item);
        separator = ", ";
      }
      return "[" + out + "]";
    case Json::value_t::string:
      return quoted_text(value.get_ref<const std::string&>());
    case Json::value_t::boolean:
      return value.get<bool>() ? "True" : "False";
    case Json::value_t::number_float:
      return float_repr(value.get<double>());
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return python_json(value);
    default:
      return "None";
  }
}

std::string python_str(const Json& value) {
  return value.is_string() ? value.get<std::string>() : python_repr(value);
}

std::string local_time(const Json& seconds, const char* format) {
  // Python's datetime has microseconds; the text has whole seconds, cut off.
  constexpr double kFar = 1e11;
  if (!seconds.is_number() || !(std::abs(seconds.get<double>()) < kFar)) return "";
  const double microseconds = std::nearbyint(seconds.get<double>() * 1e6);
  const auto whole = static_cast<std::time_t>(std::floor(microseconds / 1e6));
  std::tm parts{};
  if (::localtime_r(&whole, &parts) == nullptr) return "";
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace millrace
