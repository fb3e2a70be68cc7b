// SPDX-License-Identifier: Apache-2.0
//
// docs/definitions.md prints the tables of the profiles as the code has them.
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "stats/generation_profile.hpp"
#include "stats/generation_running.hpp"

namespace millrace {
namespace {

std::string table_of(const GenerationProfile& profile) {
  std::string table = "| metric | unit | formula | weight | population |\n|---|---|---|---|---|\n";
  for (const GenerationMetric& metric : profile.metrics) {
    table += fmt::format("| `{}` | {} | {} | {} | {} |\n", metric.name, metric.unit, metric.formula,
                         metric.weight, metric.population);
  }
  return table;
}

std::string document() {
  std::ifstream file(std::string(MILLRACE_TEST_DATA_DIR) + "/../../docs/definitions.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(text.empty());
  return text;
}

TEST(Definitions, OfRunningStatisticsAreInTheDocumentByName) {
  const std::string text = document();
  const auto begin = text.find("### Running statistics");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = text.substr(begin, text.find("\n## ", begin) - begin);
  for (const RunningRow& row : running_rows(RunningTable::millrace)) {
    EXPECT_NE(section.find(fmt::format("`{}`", row.name)), std::string::npos) << row.name;
  }
  for (const char* name : GenerationRunning::kScheduler) {
    EXPECT_NE(section.find(fmt::format("`{}`", name)), std::string::npos) << name;
  }
}

TEST(Definitions, AreInTheDocumentAsTheyAreInTheCode) {
  const std::string text = document();
  for (const GenerationProfile& profile : generation_profiles()) {
    const std::string table = table_of(profile);
    EXPECT_NE(text.find(table), std::string::npos)
        << profile.name << ": docs/definitions.md should hold\n"
        << table;
  }
}

}  // namespace
}  // namespace millrace
