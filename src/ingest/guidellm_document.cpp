// SPDX-License-Identifier: Apache-2.0
#include "ingest/guidellm_document.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include "ingest/json_keys.hpp"
#include "ingest/json_picker.hpp"

namespace millrace {
namespace {

using Scalar = std::optional<std::string>;

// The scalars at `pointers` as text, unquoted; nullopt where there is none. Texts of documents are
// few and short: a parser for each is no cost.
std::vector<Scalar> scalars_at(std::string_view json, std::span<const std::string_view> pointers) {
  std::vector<Scalar> scalars(pointers.size());
  PointerTree tree;
  for (const std::string_view pointer : pointers) static_cast<void>(tree.add(pointer).value());
  std::string padded(json);
  padded.append(LineParser::kPadding, '\0');
  JsonPicker picker(tree);
  LineNotes ignored;
  if (picker.pick({padded.data(), json.size()}, ignored) != nullptr) return scalars;
  for (std::uint16_t slot = 0; slot < scalars.size(); ++slot) {
    const JsonValue& value = picker[slot];
    using Kind = JsonValue::Kind;
    if (value.kind == Kind::text || value.kind == Kind::number) scalars[slot] = value.text;
  }
  return scalars;
}

Scalar scalar_of(const GuidellmDocument::Texts& texts, std::string_view key) {
  const auto* text = texts.find(key);
  if (text == nullptr) return std::nullopt;
  constexpr std::string_view kFirst[] = {"/0"};
  return scalars_at("[" + text->json + "]", kFirst).front();
}

std::optional<double> number_in(const Scalar& scalar) {
  double number = 0;
  if (!scalar || !parse_json_number(*scalar, number)) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> count_in(const Scalar& scalar) {
  std::uint64_t count = 0;
  if (!scalar) return std::nullopt;
  const char* const end = scalar->data() + scalar->size();
  const auto [stopped, error] = std::from_chars(scalar->data(), end, count);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return count;
}

// A name becomes a label, and part of a line of JSON: it is what guidellm's names are made of.
bool is_plain(std::string_view name) {
  constexpr std::size_t kNameBytesMax = 64;
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

std::string with_rate(const std::string& type, const Scalar& rate) {
  const auto number = number_in(rate);
  if (!number) return type;
  const bool usual = *number > -1e9 && *number < 1e9;
  return type + (usual ? fmt::format("@{:.2f}", *number) : fmt::format("@{:g}", *number));
}

}  // namespace

const GuidellmDocument::Text* GuidellmDocument::Texts::find(std::string_view key) const noexcept {
  for (auto text = rbegin(); text != rend(); ++text) {
    if (text->key == key) return &*text;
  }
  return nullptr;
}

std::uint64_t GuidellmDocument::Benchmark::requests_held() const noexcept {
  return std::accumulate(requests.begin(), requests.end(), std::uint64_t{0});
}

std::optional<std::uint64_t> GuidellmDocument::Benchmark::requests_made() const {
  constexpr std::string_view kPointers[] = {"/requests_made/total", "/requests_made/successful",
                                            "/requests_made/errored", "/requests_made/incomplete"};
  for (const char* key : {"scheduler_metrics", "run_stats"}) {
    const auto* text = texts.find(key);
    if (text == nullptr) continue;
    const auto made = scalars_at(text->json, kPointers);
    if (const auto total = count_in(made[0])) return total;
    std::optional<std::uint64_t> sum;
    for (std::size_t i = 1; i < made.size(); ++i) {
      if (const auto n = count_in(made[i])) sum = sum.value_or(0) + *n;
    }
    return sum;
  }
  return std::nullopt;
}

std::string GuidellmDocument::Benchmark::strategy() const {
  for (const char* key : {"config", "args"}) {
    const auto* text = texts.find(key);
    if (text == nullptr) continue;
    constexpr std::string_view kPointers[] = {"/strategy/type_", "/strategy/streams",
                                              "/strategy/rate", "/strategy/max_concurrency",
                                              "/strategy/time_scale"};
    const auto found = scalars_at(text->json, kPointers);
    if (!found[0] || !is_plain(*found[0])) continue;
    const std::string& type = *found[0];
    if (type == "concurrent" && count_in(found[1])) return type + "@" + *found[1];
    if (type == "constant" || type == "poisson") return with_rate(type, found[2]);
    if (type == "throughput" && count_in(found[3])) return type + "@" + *found[3];
    if (type == "trace") return with_rate(type, found[4]);
    return type;
  }
  const Scalar mode = scalar_of(texts, "mode");  // 0.1
  return mode && is_plain(*mode) ? with_rate(*mode, scalar_of(texts, "rate")) : "";
}

std::string GuidellmDocument::version() const {
  if (const auto* metadata = texts.find("metadata")) {
    constexpr std::string_view kPointers[] = {"/guidellm_version", "/version"};
    const auto found = scalars_at(metadata->json, kPointers);
    return fmt::format("guidellm {}, report version {}", found[0].value_or("unknown"),
                       found[1].value_or("unknown"));
  }
  if (benchmarks.empty()) return "guidellm, of unknown version";
  const Texts& first = benchmarks.front().texts;
  if (first.find("config") != nullptr) return "guidellm 0.4";
  if (first.find("mode") != nullptr) return "guidellm 0.1";
  return "guidellm 0.2 or 0.3";
}

bool looks_like_guidellm_document(std::string_view first_bytes) {
  const std::string_view begun = json_begin(first_bytes);
  if (!begun.starts_with('{')) return false;
  // Other tools have lists of benchmarks, too: the first one's keys tell.
  constexpr std::string_view kOfBenchmarks[] = {
      "id_",        "run_id",   "args",  "config",  "run_stats", "scheduler_state",
      "benchmarks", "requests", "type_", "metrics", "mode",      "scheduler_metrics"};
  bool found = false, in_benchmarks = false, in_metadata = false;
  each_json_key(begun, [&](const JsonKey& key) {
    if (key.depth == 1) {
      in_metadata = key.name == "metadata";
      in_benchmarks = key.name == "benchmarks" && key.value.starts_with('[');
      const auto next = in_benchmarks ? json_begin(key.value.substr(1)) : "";
      found |= next.starts_with(']');
    }
    found |= in_metadata && key.depth == 2 && key.name == "guidellm_version";
    found |= in_benchmarks && key.depth == 3 &&
             std::find(std::begin(kOfBenchmarks), std::end(kOfBenchmarks), key.name) !=
                 std::end(kOfBenchmarks);
  });
  return found;
}

}  // namespace millrace
