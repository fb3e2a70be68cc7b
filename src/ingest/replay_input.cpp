// SPDX-License-Identifier: Apache-2.0
#include "ingest/replay_input.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "ingest/guidellm_format.hpp"
#include "ingest/jsonl_format.hpp"
#include "ingest/jsonl_map.hpp"
#include "ingest/llmeter_format.hpp"

namespace millrace {
namespace {

// Flags add to the file's map, or replace what it has one of.
Result<LineFormat> mapped_format(const MapFlags& flags) {
  JsonlMap map;
  if (!flags.file.empty()) {
    auto read = read_jsonl_map(flags.file);
    if (!read) return tl::unexpected(std::move(read).error());
    map = std::move(*read);
  }
  Result<void> done;
  for (const std::string& metric : flags.metrics) {
    if (done) done = add_metric(map, metric);
  }
  for (const std::string& label : flags.labels) {
    if (done) done = add_label(map, label);
  }
  if (done && !flags.start.empty()) done = set_start(map, flags.start);
  if (done && !flags.end.empty()) done = set_end(map, flags.end);
  if (done && !flags.ok.empty()) done = set_ok(map, flags.ok);
  if (done && !flags.error.empty()) done = set_error(map, flags.error);
  if (!done) return tl::unexpected(std::move(done).error());
  return make_jsonl_format(std::move(map), flags.by_label);
}

// The file in a folder that is no run of llmeter's; guidellm writes it there when given a folder.
std::optional<std::string> guidellm_file_in(const std::filesystem::path& folder) {
  if (is_llmeter_run(folder)) return std::nullopt;
  for (const char* name : {"benchmarks.json", "benchmarks.json.gz", "benchmarks.json.zst"}) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(folder / name, ignored)) return folder / name;
  }
  return std::nullopt;
}

Error unknown_format(const std::string& path, std::string_view head) {
  for (const char* key : {"benchmarks:", "metadata:", "args:", "config:"}) {
    if (!head.starts_with(key)) continue;
    return {Errc::format,
            fmt::format("'{}' looks like YAML, which is not read; guidellm writes the "
                        "same as benchmarks.json, and can convert it",
                        path)};
  }
  return {Errc::format,
          fmt::format("cannot tell the format of '{}' from its content; if it is JSON lines, "
                      "--map FILE or --metric NAME=/POINTER:UNIT says where the numbers are",
                      path)};
}

}  // namespace

Result<void> ReplayInput::fits(const InputFlags& flags) const {
  if (flags.benchmark == 0 || format.name == "guidellm") return {};
  return failure(Errc::invalid_argument,
                 "--benchmark is for guidellm's benchmarks.json, and the input is none");
}

Result<ReplayInput> ReplayInput::open(const std::vector<std::string>& paths,
                                      const InputFlags& flags, bool any_number,
                                      bool without_records, std::size_t line_bytes_max,
                                      const std::atomic<bool>* stop) {
  ReplayInput input;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (path == "-" || !std::filesystem::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    std::error_code why;
    const std::filesystem::directory_iterator readable(path, why);
    if (why) {
      return failure(Errc::io, fmt::format("cannot read the folder '{}': {}", path, why.message()));
    }
    if (const auto file = guidellm_file_in(path)) {
      files.push_back(*file);
      continue;
    }
    auto run = open_llmeter_run(path);
    if (!run) return tl::unexpected(std::move(run).error());
    if (run->responses) {
      files.push_back(run->responses->string());
    } else if (paths.size() > 1) {
      return failure(Errc::not_found, fmt::format("'{}' has no responses.jsonl", path));
    }
    if (paths.size() == 1) input.run = std::move(*run);
  }
  // Of a run that was killed before its summary, counts and times are in the records alone.
  if (files.empty() || (without_records && !(input.run && input.run->recovered))) {
    if (!input.run) {
      return failure(Errc::invalid_argument, "--lazy needs one run directory as input");
    }
    return input;
  }

  PieceReaderOptions options{.line_bytes_max = line_bytes_max, .stop = stop};
  if (!flags.map.given() && flags.format != "llmeter" && !input.run) {
    input.guidellm = std::make_shared<GuidellmInput>(flags.format == "guidellm", flags.benchmark);
    options.translate = [guidellm = input.guidellm](std::string_view first, std::uint64_t offset) {
      return guidellm->translate(first, offset);
    };
  }
  auto reader = PieceReader::open(files, std::move(options));
  if (!reader) return tl::unexpected(std::move(reader).error());
  input.reader = std::move(*reader);
  if (flags.map.given()) {
    auto format = mapped_format(flags.map);
    if (!format) return tl::unexpected(std::move(format).error());
    input.format = std::move(*format);
    return input;
  }
  const std::string_view head = input.reader->peek();
  if (flags.format == "guidellm" || (input.guidellm && !input.guidellm->documents().empty()) ||
      (flags.format.empty() && looks_like_guidellm_requests(head))) {
    input.format = guidellm_format();
    return input;
  }
  const bool blank = head.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (input.run || blank || flags.format == "llmeter" || looks_like_llmeter(head)) {
    input.format = llmeter_format(any_number);
    if (input.guidellm) input.guidellm->decline();
    return input;
  }
  return tl::unexpected(unknown_format(files.front(), head));
}

}  // namespace millrace
