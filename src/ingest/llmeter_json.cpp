// SPDX-License-Identifier: Apache-2.0
#include "ingest/llmeter_json.hpp"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "ingest/json_reason.hpp"

namespace millrace {
namespace {

namespace ondemand = simdjson::ondemand;
using Json = nlohmann::ordered_json;

constexpr std::uintmax_t kBytesMax = 1 << 20;
constexpr int kDepthMax = 100;

// Each returns nullptr, or why not.
const char* read(ondemand::value value, int depth, Json& to);

const char* read_object(ondemand::object object, int depth, Json& to) {
  to = Json::object();
  for (auto entry : object) {
    ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return json_reason(error);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return json_reason(error);
    Json& child = to[std::string(key)];
    if (const char* reason = read(field.value(), depth, child)) return reason;
  }
  return nullptr;
}

const char* read_array(ondemand::array array, int depth, Json& to) {
  to = Json::array();
  for (auto entry : array) {
    ondemand::value value;
    if (const auto error = std::move(entry).get(value)) return json_reason(error);
    to.push_back(nullptr);
    if (const char* reason = read(value, depth, to.back())) return reason;
  }
  return nullptr;
}

const char* read_number(ondemand::value& value, std::string_view token, Json& to) {
  if (token.find_first_of(".eE") == std::string_view::npos) {
    if (std::int64_t whole; !value.get_int64().get(whole)) return to = whole, nullptr;
    if (std::uint64_t whole; !value.get_uint64().get(whole)) return to = whole, nullptr;
  }
  double number = 0;
  if (const auto error = value.get_double().get(number)) return json_reason(error);
  to = number;
  return nullptr;
}

const char* read(ondemand::value value, int depth, Json& to) {
  if (depth > kDepthMax) return json_reason(simdjson::DEPTH_ERROR);
  std::string_view token = value.raw_json_token();
  token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
  if (token.empty()) return json_reason(simdjson::TAPE_ERROR);

  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (token == "NaN") return to = std::numeric_limits<double>::quiet_NaN(), nullptr;
  if (token == "Infinity") return to = kInfinity, nullptr;
  if (token == "-Infinity") return to = -kInfinity, nullptr;
  switch (token.front()) {
    case '{': {
      ondemand::object object;
      if (const auto error = value.get_object().get(object)) return json_reason(error);
      return read_object(object, depth + 1, to);
    }
    case '[': {
      ondemand::array array;
      if (const auto error = value.get_array().get(array)) return json_reason(error);
      return read_array(array, depth + 1, to);
    }
    case '"': {
      std::string_view text;
      if (const auto error = value.get_string().get(text)) return json_reason(error);
      to = std::string(text);
      return nullptr;
    }
    case 't':
    case 'f': {
      bool truth = false;
      if (const auto error = value.get_bool().get(truth)) return json_reason(error);
      to = truth;
      return nullptr;
    }
    case 'n': {
      bool null = false;
      if (value.is_null().get(null) || !null) return json_reason(simdjson::N_ATOM_ERROR);
      to = nullptr;
      return nullptr;
    }
    default:
      return read_number(value, token, to);
  }
}

}  // namespace

Result<Json> read_python_json(std::string_view text) {
  if (text.size() > kBytesMax) {
    return failure(Errc::limit, fmt::format("longer than {} bytes", kBytesMax));
  }
  const simdjson::padded_string padded(text);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  Json json;
  const char* reason = nullptr;
  if (const auto error = parser.iterate(padded).get(document)) {
    reason = json_reason(error);
  } else if (const auto not_object = document.get_object().get(object)) {
    reason = not_object == simdjson::INCORRECT_TYPE ? "not a JSON object" : json_reason(not_object);
  } else {
    reason = read_object(object, 1, json);
    if (reason == nullptr && document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      reason = json_reason(simdjson::TRAILING_CONTENT);
    }
  }
  if (reason != nullptr) return failure(Errc::format, reason);
  return json;
}

Result<Json> read_python_json_file(const std::filesystem::path& file) {
  std::error_code failed;
  const auto bytes = std::filesystem::file_size(file, failed);
  if (failed) {
    const bool missing = failed == std::errc::no_such_file_or_directory;
    return failure(missing ? Errc::not_found : Errc::io,
                   fmt::format("cannot read '{}': {}", file.native(), failed.message()));
  }
  if (bytes > kBytesMax) {
    return failure(Errc::limit,
                   fmt::format("'{}' is longer than {} bytes", file.native(), kBytesMax));
  }
  std::string text(static_cast<std::size_t>(bytes), '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || !in.is_open()) {
    return failure(Errc::io, fmt::format("cannot read '{}'", file.native()));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto json = read_python_json(text);
  if (!json) {
    return failure(json.error().code, fmt::format("'{}': {}", file.native(), json.error().message));
  }
  return json;
}

}  // namespace millrace
