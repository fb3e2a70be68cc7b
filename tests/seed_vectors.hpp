// SPDX-License-Identifier: Apache-2.0
//
// What the checks of the golden vectors share: reading them, and when two numbers are the same.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "millrace/record.hpp"

namespace millrace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

inline std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline Json read_json(const fs::path& file) {
  Json json = Json::parse(read_file(file), nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << file << " is not JSON";
  return json;
}

// The rules of vcompare.py. In expected files the words stand for the numbers.
inline std::optional<double> number(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

inline bool close(double a, double b, double relative = 1e-9) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= relative * std::max({1.0, std::abs(a), std::abs(b)});
}

/// The requests of a run of guidellm.
std::vector<GenerationRecord> guidellm_records(const fs::path& dir);
/// Such a run, in memory; and through a log, to the files that guidellm wrote, if there are some.
void check_guidellm(const fs::path& dir);
void check_guidellm_files(const fs::path& dir);
/// The events of one.
void check_guidellm_events(const fs::path& dir);
/// The cells of its live lines.
void check_progress_format(const fs::path& dir);

/// Files of expected distributions, each with what checks it in its folder.
std::map<std::string, std::function<void(const fs::path&)>> distribution_vectors();

}  // namespace millrace
