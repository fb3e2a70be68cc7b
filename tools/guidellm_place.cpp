// SPDX-License-Identifier: Apache-2.0
#include "guidellm_place.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace millrace {
namespace {

namespace fs = std::filesystem;
using Format = GuidellmFormat;

constexpr std::array<std::pair<const char*, Format>, 6> kFormats = {
    {{"text", Format::text},
     {"json", Format::json},
     {"guidellm-json", Format::json},
     {"guidellm-yaml", Format::yaml},
     {"guidellm-csv", Format::csv},
     {"guidellm-console", Format::console}}};
constexpr std::array<std::pair<const char*, Format>, 4> kEndings = {{{".json", Format::json},
                                                                     {".yaml", Format::yaml},
                                                                     {".yml", Format::yaml},
                                                                     {".csv", Format::csv}}};

template <typename Table>
std::optional<Format> find(const Table& table, const std::string& word) {
  for (const auto& [name, format] : table) {
    if (word == name) return format;
  }
  return std::nullopt;
}

}  // namespace

Result<GuidellmPlace> guidellm_place(const std::string& format, const std::string& path) {
  GuidellmPlace place{find(kFormats, format).value_or(Format::text), path};
  if (path.empty() || path == "-") return place;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    if (format.empty()) place.format = Format::json;
    const auto ending = std::find_if(kEndings.begin(), kEndings.end(),
                                     [&](const auto& e) { return e.second == place.format; });
    if (ending == kEndings.end()) {
      return failure(
          Errc::invalid_argument,
          fmt::format("-o '{}' is a folder: name a file in it for --format {}", path, format));
    }
    place.path = (fs::path(path) / "benchmarks").string() + ending->first;
    return place;
  }
  if (!format.empty()) return place;
  std::string ending = fs::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto told = find(kEndings, ending);
  if (!told) {
    return failure(
        Errc::invalid_argument,
        fmt::format("-o '{}': its ending tells no format; .json, .yaml, .yml and .csv do, "
                    "or --format",
                    path));
  }
  place.format = *told;
  return place;
}

Result<void> make_parents(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  if (path == "-" || folder.empty()) return {};
  std::error_code why, ignored;
  fs::create_directories(folder, why);
  if (!why || fs::is_directory(folder, ignored)) return {};
  return failure(Errc::io,
                 fmt::format("cannot make the folder '{}': {}", folder.string(), why.message()));
}

}  // namespace millrace
