// SPDX-License-Identifier: Apache-2.0
#include "load/prompts.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "load/file_text.hpp"

namespace millrace::load {
namespace {

using Json = nlohmann::ordered_json;

Json parse(std::string_view text) { return Json::parse(text, nullptr, false); }

// Of UTF-8: bytes that begin one.
std::int32_t characters(std::string_view text) {
  const auto n = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return static_cast<std::int32_t>(
      std::min<std::ptrdiff_t>(n, std::numeric_limits<std::int32_t>::max()));
}

std::int32_t characters_of(const Json& messages) {
  std::int32_t sum = 0;
  for (const Json& message : messages) {
    const auto content = message.find("content");
    if (content != message.end() && content->is_string()) {
      sum += characters(content->get_ref<const std::string&>());
    }
  }
  return sum;
}

Json request_of(const ChatOptions& options) {
  Json request = Json::object();
  if (!options.model.empty()) request["model"] = options.model;
  request["messages"] = Json::array();
  request["stream"] = true;
  request["stream_options"] = {{"include_usage", true}};
  if (options.max_tokens > 0) request["max_tokens"] = options.max_tokens;
  return request;
}

Result<Prompt> prompt_of(std::string_view line, Json request, const Json& more) {
  Json own = Json::object();
  if (line.front() == '{' || line.front() == '"') {
    own = parse(line);
    if (own.is_string()) own = {{"prompt", own}};
    if (!own.is_object()) {
      return failure(Errc::invalid_argument, "no JSON, though it begins as JSON does");
    }
  } else {
    own["prompt"] = line;
  }
  if (const auto prompt = own.find("prompt"); prompt != own.end()) {
    if (!prompt->is_string()) return failure(Errc::invalid_argument, "its prompt is no string");
    request["messages"] = Json::array({{{"role", "user"}, {"content", *prompt}}});
    own.erase("prompt");
  } else if (const auto messages = own.find("messages");
             messages == own.end() || !messages->is_array() || messages->empty() ||
             !std::all_of(messages->begin(), messages->end(),
                          [](const Json& m) { return m.is_object(); })) {
    return failure(Errc::invalid_argument, "neither a prompt nor a list of messages");
  }
  request.update(own);
  request.update(more);
  try {
    return Prompt{.body = request.dump(), .characters = characters_of(request["messages"])};
  } catch (const Json::exception&) {
    return failure(Errc::invalid_argument, "not UTF-8");
  }
}

}  // namespace

Result<Prompts> Prompts::of_text(std::string_view text, const std::string& name,
                                 const ChatOptions& options) {
  Json more = Json::object();
  if (!options.more.empty()) more = parse(options.more);
  if (!more.is_object()) {
    return failure(Errc::invalid_argument, fmt::format("'{}' is no JSON object", options.more));
  }
  const Json request = request_of(options);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Prompts prompts;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    auto prompt = prompt_of(line, request, more);
    if (!prompt) {
      return failure(Errc::invalid_argument,
                     fmt::format("{}:{}: {}", name, number, prompt.error().message));
    }
    prompts.prompts_.push_back(std::move(*prompt));
  }
  if (prompts.prompts_.empty()) {
    return failure(Errc::invalid_argument, fmt::format("'{}' has no prompt in it", name));
  }
  return prompts;
}

Result<Prompts> Prompts::read(const std::string& path, const ChatOptions& options) {
  const auto text = file_text(path);
  if (!text) return failure(text.error().code, "--prompts: " + text.error().message);
  return of_text(*text, path, options);
}

}  // namespace millrace::load
