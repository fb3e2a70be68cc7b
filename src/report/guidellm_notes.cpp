// SPDX-License-Identifier: Apache-2.0
#include "report/guidellm_notes.hpp"

#include <fmt/format.h>

#include "report/quantity.hpp"

namespace millrace {
namespace {

constexpr std::size_t kNamesShown = 16;

std::string names_of(const GuidellmDocument& document) {
  const auto& all = document.benchmarks;
  std::string names =
      fmt::format("{} benchmark{}", show_count(all.size()), all.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < all.size() && i < kNamesShown; ++i) {
    names += (i == 0 ? ": " : ", ") + all[i].name;
  }
  if (all.size() > kNamesShown) names += ", ...";
  return names;
}

}  // namespace

std::vector<std::string> guidellm_notes(const GuidellmDocument& document, std::uint64_t benchmark) {
  std::vector<std::string> notes = {fmt::format("{}; {}", document.version(), names_of(document))};
  for (const auto& one : document.benchmarks) {
    if (benchmark != 0 && one.number != benchmark) continue;
    const auto made = one.requests_made();
    if (made && *made > one.requests_held()) {
      notes.push_back(fmt::format(
          "benchmark {}, {}: the file holds {} of {} requests; the others were not sampled, or "
          "left out with warm-up and cool-down",
          one.number, one.name, show_count(one.requests_held()), show_count(*made)));
    }
    const std::string strategy = one.strategy();
    if (!strategy.empty() && !one.name.starts_with(strategy)) {
      notes.push_back(fmt::format(
          "{} is {}: the file says so only behind its requests, too late for their label", one.name,
          strategy));
    }
  }
  return notes;
}

std::vector<std::string> guidellm_notes(const GuidellmInput& input) {
  std::vector<std::string> notes;
  for (const GuidellmDocument& document : input.documents()) {
    const auto of_document = guidellm_notes(document, input.benchmark());
    notes.insert(notes.end(), of_document.begin(), of_document.end());
  }
  return notes;
}

}  // namespace millrace
