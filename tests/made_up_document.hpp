// SPDX-License-Identifier: Apache-2.0
//
// Random documents of guidellm, and what such a document holds, from the whole of it.
//
//   DocumentMaker maker(seed);
//   const Json document = maker.document();
//   for (const auto& line : DocumentModel(document).lines) ...
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace millrace {

using Json = nlohmann::ordered_json;

// What nlohmann's writer has no word for.
inline constexpr std::string_view kNan = "\"NaN, as a text until the document is written\"";

inline std::string with_nans(std::string text) {
  for (std::size_t at; (at = text.find(kNan)) != std::string::npos;) {
    text.replace(at, kNan.size(), "NaN");
  }
  return text;
}

class DocumentMaker {
 public:
  explicit DocumentMaker(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }

  Json value(int depth) {
    switch (below(depth > 0 ? 10 : 7)) {
      case 0:
        return nullptr;
      case 1:
        return static_cast<int>(below(1000)) - 500;
      case 2:
        return 1767225600.0391235 + static_cast<double>(below(1000));
      case 3:
        return below(2) == 0;
      case 4:
        return std::string(kNan.substr(1, kNan.size() - 2));
      case 5:
      case 6:
        return text();
      case 7: {
        Json list = Json::array();
        for (std::size_t i = below(4); i > 0; --i) list.push_back(value(depth - 1));
        return list;
      }
      default:
        return object(depth);
    }
  }
  Json object(int depth) {
    Json made = Json::object();
    for (std::size_t i = below(4); i > 0; --i) made[text()] = value(depth - 1);
    return made;
  }
  std::string text() {
    const std::string pieces[] = {"a", "\"", "\\", "{",  "}", "[",
                                  "]", ":",  ",",  "\n", "é", "requests"};
    std::string made;
    for (std::size_t i = below(4); i > 0; --i) made += pieces[below(std::size(pieces))];
    return made;
  }

  Json strategy() {
    switch (below(5)) {
      case 0:
        return {{"type_", "synchronous"}};
      case 1:
        return {{"type_", "concurrent"}, {"streams", below(3)}};
      case 2:
        return {{"type_", "constant"}, {"rate", 2.5}, {"max_concurrency", 512}};
      case 3:
        return {{"type_", "throughput"}, {"max_concurrency", nullptr}};
      default:
        return {{"type_", "strange \" one"}};
    }
  }
  Json list() {
    if (below(8) == 0) return nullptr;
    Json made = Json::array();
    for (std::size_t i = below(4); i > 0; --i) made.push_back(below(9) == 0 ? value(0) : object(3));
    return made;
  }
  Json benchmark() {
    Json requests = Json::object();
    std::vector<std::string> keys = {"successful", "errored", "incomplete", "total", "more"};
    std::shuffle(keys.begin(), keys.end(), random_);
    for (const auto& key : keys) {
      if (key == "total")
        requests[key] = nullptr;
      else if (key == "more")
        requests[key] = value(2);
      else if (below(6) != 0)
        requests[key] = list();
    }
    Json made = Json::object();
    keys = {"id_", below(2) == 0 ? "config" : "args", "metrics", "extras", "requests"};
    if (below(3) == 0) std::shuffle(keys.begin(), keys.end(), random_);
    for (const auto& key : keys) {
      if (key == "config" || key == "args")
        made[key] = {{"requests", value(2)}, {"strategy", strategy()}};
      else if (key == "requests")
        made[key] = below(9) == 0 ? Json(nullptr) : requests;
      else
        made[key] = value(3);
    }
    return made;
  }
  Json document() {
    Json benchmarks = Json::array();
    for (std::size_t i = below(4); i > 0; --i) benchmarks.push_back(benchmark());
    Json made = Json::object();
    if (below(2) == 0) made["metadata"] = {{"version", 2}, {"guidellm_version", "0.7.3"}};
    if (below(2) == 0) made["args"] = value(3);
    made["benchmarks"] = std::move(benchmarks);
    if (below(2) == 0) made["config"] = value(3);
    return made;
  }

 private:
  std::mt19937 random_;
};

// What a document holds, from the whole of it.
struct DocumentModel {
  struct Line {
    std::string name, status;
    std::uint64_t benchmark = 0;
    Json request;
  };
  std::vector<Line> lines;
  std::vector<std::string> names;

  explicit DocumentModel(const Json& document) {
    for (const Json& benchmark : document["benchmarks"]) add(benchmark);
  }

 private:
  static std::string strategy_of(const Json& settings) {
    const Json& strategy = settings["strategy"];
    const std::string type = strategy["type_"];
    if (type == "concurrent") return fmt::format("concurrent@{}", strategy["streams"].get<int>());
    if (type == "constant") return "constant@2.50";
    return type.find(' ') == std::string::npos ? type : "";
  }
  void add(const Json& benchmark) {
    const std::uint64_t number = names.size() + 1;
    std::string strategy, name;
    const auto settle = [&] {
      if (!name.empty()) return;
      name = strategy.empty() ? fmt::format("benchmark {}", number) : strategy;
      if (!strategy.empty() && std::count(names.begin(), names.end(), strategy) != 0) {
        name += fmt::format(" (benchmark {})", number);
      }
    };
    for (const auto& [key, value] : benchmark.items()) {
      if (key == "config" || key == "args") strategy = strategy_of(value);
      if (key != "requests" || value.is_null()) continue;
      for (const auto& [status, list] : value.items()) {
        if (status == "total" || status == "more" || list.is_null()) continue;
        settle();
        for (const Json& request : list) lines.push_back({name, status, number, request});
      }
    }
    settle();
    names.push_back(name);
  }
};

}  // namespace millrace
