// SPDX-License-Identifier: Apache-2.0
#include "guidellm_flags.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "replay/kept_requests.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kSampleMax = 1'000'000;  // of each status, in memory

Json or_null(bool known, double value) { return known ? Json(value) : Json(nullptr); }

// As 0.2.1 writes limits: null where there is none.
Json args_of(const CompletionLimits& limits) {
  const auto number = [](std::uint64_t n) { return n == 0 ? Json(nullptr) : Json(n); };
  const auto seconds = [](std::int64_t ns) {
    return or_null(ns != 0, static_cast<double>(ns) / 1e9);
  };
  return {{"profile", nullptr},
          {"strategy_index", 0},
          {"strategy", nullptr},
          {"max_number", number(limits.max_number)},
          {"max_duration", seconds(limits.max_ns)},
          {"warmup_number", number(limits.warmup_number)},
          {"warmup_duration", seconds(limits.warmup_ns)},
          {"cooldown_number", number(limits.cooldown_number)},
          {"cooldown_duration", seconds(limits.cooldown_ns)}};
}

Json phase_json(const PhaseSize& size) {
  constexpr const char* kModes[] = {"duration", "requests", "prefer_duration", "prefer_requests",
                                    "both"};
  return {{"percent", or_null(size.fraction.has_value(), size.fraction.value_or(0))},
          {"value", or_null(size.value.has_value(), size.value.value_or(0))},
          {"mode", kModes[static_cast<std::size_t>(size.mode)]}};
}

Result<Json> read_json(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in || text.empty()) {
    const char* const why = errno != 0 ? std::strerror(errno) : "it is empty";
    return failure(Errc::io, fmt::format("--texts: cannot read '{}': {}", path, why));
  }
  return Json::parse(text, nullptr, false);
}

void take_text(const Json& from, const char* key, std::string& text) {
  if (from.contains(key) && from[key].is_string()) text = from[key];
}
void take(const Json& from, const char* key, Json& json) {
  if (from.contains(key)) json = from[key];
}

}  // namespace

void GuidellmFlags::declare(CLI::App& app) {
  auto* group = app.add_option_group(
      "guidellm", "Of --profile guidellm-..., whose files are in docs/guidellm.md");
  group
      ->add_option(
          "--sample", sample,
          fmt::format(
              "Requests of each status that json and yaml list: a uniform sample, the same\n"
              "for the same log (seed {:#x}); 0: none. Without it all",
              kSampleSeed))
      ->check(CLI::Range(std::uint64_t{0}, kSampleMax));
  group->add_flag("--curves", curves,
                  "In json and yaml: 0.2.1's cumulative distributions, 0.7.3's densities, of\n"
                  "1,000 points at most");
  const auto sides = CLI::IsMember({"response", "request"});
  group
      ->add_option(
          "--prompt-tokens", prompt_tokens,
          "Whose count goes before: what the response told (default), or what the request\n"
          "asked for")
      ->check(sides);
  group->add_option("--output-tokens", output_tokens, "The same of the output")->check(sides);
  group
      ->add_option(
          "--texts", texts,
          "A JSON file with what no log tells: id_, run_id, args, worker, request_loader,\n"
          "extras (0.2.1), config (0.7.3); or a benchmarks.json, whose first ones are taken")
      ->type_name("FILE");
}

std::string GuidellmFlags::given() const {
  if (!given_for_documents().empty()) return given_for_documents();
  if (!prompt_tokens.empty()) return "--prompt-tokens";
  if (!output_tokens.empty()) return "--output-tokens";
  return texts.empty() ? "" : "--texts";
}

std::string GuidellmFlags::given_for_documents() const {
  return sample ? "--sample" : curves ? "--curves" : "";
}

TokenSources GuidellmFlags::sources() const noexcept {
  const auto source = [](const std::string& text) {
    return text == "request" ? TokenSource::request : TokenSource::response;
  };
  return {source(prompt_tokens), source(output_tokens)};
}

Result<GuidellmTexts> GuidellmFlags::read_texts(const GenerationProfile& profile,
                                                const LogPhases& phases,
                                                const CompletionLimits& limits) const {
  GuidellmTexts read;
  if (profile.as_0_2_1) read.args = args_of(limits);
  read.extras = Json::object();
  read.config["warmup"] = phase_json(phases.warmup);
  read.config["cooldown"] = phase_json(phases.cooldown);
  if (texts.empty()) return read;
  auto parsed = read_json(texts);
  if (!parsed) return tl::unexpected(std::move(parsed).error());
  Json given = std::move(*parsed);
  if (given.is_object() && given.contains("benchmarks")) {
    take(given, "config", read.document_config);
    given = given["benchmarks"].is_array() && !given["benchmarks"].empty()
                ? Json(given["benchmarks"].front())
                : Json();
  }
  if (!given.is_object()) {
    return failure(Errc::invalid_argument,
                   fmt::format("--texts '{}': is no JSON object with texts of a benchmark", texts));
  }
  take(given, "args", read.args);
  take(given, "worker", read.worker);
  take(given, "request_loader", read.request_loader);
  take(given, "extras", read.extras);
  take_text(given, "id_", read.id);
  take_text(given, "run_id", read.run_id);
  if (given.contains("config") && given["config"].is_object()) {
    read.config.update(given["config"]);
    take_text(given["config"], "id_", read.id);
    take_text(given["config"], "run_id", read.run_id);
  }
  return read;
}

}  // namespace millrace
