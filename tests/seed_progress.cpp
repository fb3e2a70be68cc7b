// SPDX-License-Identifier: Apache-2.0
//
// The cells of guidellm's live lines. Its own carry colours as markup, which takes 37 characters of their
// widths.
#include <fstream>

#include "report/guidellm_progress.hpp"
#include "seed_vectors.hpp"

namespace millrace {
namespace {

std::string without_markup(std::string text) {
  for (const char* markup : {"[light_steel_blue]", "[/light_steel_blue]"}) {
    if (const auto at = text.find(markup); at != std::string::npos) {
      text.erase(at, std::string_view(markup).size());
    }
  }
  return text;
}

}  // namespace

void check_progress_format(const fs::path& dir) {
  std::ifstream lines(dir / "progress_format_v021.jsonl");
  int cases = 0;
  for (std::string line; std::getline(lines, line); ++cases) {
    const Json given = Json::parse(line);
    const auto width = [&](const char* key) {
      return given.contains(key) ? std::optional(given[key].get<int>()) : std::nullopt;
    };
    const ProgressCell cell{.label = given["label"],
                            .units = given.value("units", ""),
                            .total_characters = width("total_characters"),
                            .digits = width("digits_places"),
                            .decimals = width("decimal_places")};
    EXPECT_EQ(progress_cell(given["value"].get<double>(), cell),
              without_markup(given["out"].get<std::string>()))
        << line;
  }
  EXPECT_GT(cases, 0);
}

}  // namespace millrace
