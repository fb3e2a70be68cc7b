// SPDX-License-Identifier: Apache-2.0
#include "report/llmeter_files.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ingest/byte_source.hpp"
#include "ingest/llmeter_run.hpp"
#include "ingest/timestamp.hpp"
#include "report/python_json.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kCopyBytes = 1 << 20;

std::string cut_to_seconds(const Timestamp& time) {
  // "2026-01-07T00:51:40", and Z where there was a zone.
  std::string text = format_iso8601(time.ns).substr(0, 19);
  if (time.zoned) text += 'Z';
  return text;
}

tl::unexpected<Error> cannot_write(const fs::path& file) {
  return failure(Errc::io,
                 fmt::format("cannot write '{}': {}", file.native(), std::strerror(errno)));
}

template <typename Fill>
Result<void> fill_file(const fs::path& file, Fill&& fill) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  if (!out) return cannot_write(file);
  if (Result<void> filled = fill(out); !filled) return filled;
  out.close();
  if (!out) return cannot_write(file);
  return {};
}

// Calls fill(stream) on a file beside `file`, which then takes its place.
template <typename Fill>
Result<void> replace_file(const fs::path& file, Fill&& fill) {
  const fs::path aside = file.native() + ".tmp";
  Result<void> done = fill_file(aside, std::forward<Fill>(fill));
  std::error_code failed;
  if (done) fs::rename(aside, file, failed);
  if (failed) {
    done = failure(Errc::io, fmt::format("cannot write '{}': {}", file.native(), failed.message()));
  }
  if (!done) fs::remove(aside, failed);
  return done;
}

Result<void> write_text(const fs::path& file, const std::string& text) {
  return replace_file(file, [&text](std::ofstream& out) {
    out << text;
    return Result<void>();
  });
}

Result<void> copy_unpacked(const fs::path& from, const fs::path& to) {
  auto source = ByteSource::open(from.string());
  if (!source) return tl::unexpected(std::move(source).error());
  return replace_file(to, [&source](std::ofstream& out) -> Result<void> {
    std::vector<char> buffer(kCopyBytes);
    while (const std::size_t bytes = (*source)->read(buffer)) {
      out.write(buffer.data(), static_cast<std::streamsize>(bytes));
    }
    if (const auto& error = (*source)->error()) return tl::unexpected(*error);
    return {};
  });
}

Result<bool> same_content(const fs::path& a, const fs::path& b) {
  auto first = ByteSource::open(a.string());
  if (!first) return tl::unexpected(std::move(first).error());
  auto second = ByteSource::open(b.string());
  if (!second) return tl::unexpected(std::move(second).error());
  std::vector<char> left(kCopyBytes), right(kCopyBytes);
  for (;;) {
    const std::size_t bytes = (*first)->read(left);
    if ((*second)->read(right) != bytes) return false;
    if (std::memcmp(left.data(), right.data(), bytes) != 0) return false;
    if (bytes == 0) return !(*first)->error() && !(*second)->error();
  }
}

// Whether `dir` needs a copy of the responses; an error if it holds others.
Result<bool> needs_responses(const fs::path& dir, const std::optional<fs::path>& responses) {
  if (!is_llmeter_run(dir)) return responses.has_value();
  const auto there = open_llmeter_run(dir);
  if (!there || !there->responses) return responses.has_value();
  if (responses) {
    auto same = same_content(*there->responses, *responses);
    if (!same) return same;
    if (*same) return false;
  }
  return failure(Errc::invalid_argument,
                 fmt::format("'{}' holds the responses of another run: choose another directory",
                             dir.native()));
}

}  // namespace

std::string llmeter_file_text(const Json& map) {
  Json copy = map;
  for (auto& [key, value] : copy.items()) {
    if (!is_llmeter_time(key) || !value.is_string()) continue;
    if (const auto time = parse_iso8601(value.get_ref<const std::string&>())) {
      value = cut_to_seconds(*time);
    }
  }
  return python_json(copy, 4);
}

Result<void> save_llmeter_run(const fs::path& dir, const LlmeterFiles& files) {
  std::error_code failed;
  fs::create_directories(dir, failed);
  if (failed) {
    return failure(Errc::io, fmt::format("cannot make '{}': {}", dir.native(), failed.message()));
  }
  auto needed = needs_responses(dir, files.responses);
  if (!needed) return tl::unexpected(std::move(needed).error());
  if (*needed) {
    if (auto copied = copy_unpacked(*files.responses, dir / "responses.jsonl"); !copied)
      return copied;
  }
  if (auto ok = write_text(dir / "summary.json", llmeter_file_text(files.fields)); !ok) return ok;
  return write_text(dir / "stats.json", llmeter_file_text(files.stats));
}

}  // namespace millrace
