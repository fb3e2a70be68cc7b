// SPDX-License-Identifier: Apache-2.0
#include "replay_input.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

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

}  // namespace

Result<ReplayInput> ReplayInput::open(const std::vector<std::string>& paths, const MapFlags& map,
                                      bool any_number, bool without_records,
                                      std::size_t line_bytes_max, const std::atomic<bool>* stop) {
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

  auto reader = PieceReader::open(files, {.line_bytes_max = line_bytes_max, .stop = stop});
  if (!reader) return tl::unexpected(std::move(reader).error());
  input.reader = std::move(*reader);
  if (map.given()) {
    auto format = mapped_format(map);
    if (!format) return tl::unexpected(std::move(format).error());
    input.format = std::move(*format);
    return input;
  }
  const std::string_view head = input.reader->peek();
  const bool blank = head.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (input.run || blank || looks_like_llmeter(head)) {
    input.format = llmeter_format(any_number);
    return input;
  }
  return failure(
      Errc::format,
      fmt::format("cannot tell the format of '{}' from its content; if it is JSON lines, "
                  "--map FILE or --metric NAME=/POINTER:UNIT says where the numbers are",
                  files.front()));
}

}  // namespace millrace
