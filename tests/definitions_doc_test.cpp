// SPDX-License-Identifier: Apache-2.0
//
// docs/definitions.md prints the tables of the profiles as the code has them.
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "stats/generation_profile.hpp"

namespace millrace {
namespace {

std::string table_of(const GenerationProfile& profile) {
  std::string table = "| metric | unit | formula | weight | population |\n|---|---|---|---|---|\n";
  for (const GenerationMetric& metric : profile.metrics) {
    table += fmt::format("| `{}` | {} | {} | {} | {} |\n", metric.name, metric.unit,
                         metric.formula, metric.weight, metric.population);
  }
  return table;
}

TEST(Definitions, AreInTheDocumentAsTheyAreInTheCode) {
  std::ifstream file(std::string(MILLRACE_TEST_DATA_DIR) + "/../../docs/definitions.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty());
  for (const GenerationProfile& profile : generation_profiles()) {
    const std::string table = table_of(profile);
    EXPECT_NE(text.find(table), std::string::npos)
        << profile.name << ": docs/definitions.md should hold\n"
        << table;
  }
}

}  // namespace
}  // namespace millrace
