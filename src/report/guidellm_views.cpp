// SPDX-License-Identifier: Apache-2.0
#include "report/guidellm_views.hpp"

#include <cctype>

#include <fmt/format.h>

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

const Json& member(const Json& object, const char* key) {
  static const Json kNone = nullptr;
  return object.is_object() && object.contains(key) ? object[key] : kNone;
}

const Json& strategy_in(const Json& benchmark) {
  return member(member(benchmark, benchmark.contains("config") ? "config" : "args"), "strategy");
}

}  // namespace

std::string strategy_type_of(const Json& benchmark) {
  const Json& type = member(strategy_in(benchmark), "type_");
  return type.is_string() ? type.get<std::string>() : "-";
}

std::string strategy_of(const Json& benchmark) {
  const std::string type = strategy_type_of(benchmark);
  const Json& strategy = strategy_in(benchmark);
  if (type == "concurrent") return type + "@" + python_str(member(strategy, "streams"));
  const Json& rate = member(strategy, "rate");
  const bool paced = type == "constant" || type == "poisson";
  return paced && rate.is_number() ? fmt::format("{}@{:.2f}", type, rate.get<double>()) : type;
}

std::string title_of(std::string name) {
  bool begins = true;
  for (char& c : name) {
    if (begins) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (c == '_') c = ' ';
    begins = c == ' ';
  }
  return name;
}

}  // namespace millrace
