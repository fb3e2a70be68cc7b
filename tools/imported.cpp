// SPDX-License-Identifier: Apache-2.0
#include "imported.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <stdlib.h>

#include "output.hpp"
#include "progress_line.hpp"
#include "replay_options.hpp"
#include "report/guidellm_notes.hpp"
#include "report/quantity.hpp"
#include "stop_signal.hpp"

namespace millrace {

Result<ScratchFolder> ScratchFolder::make() {
  std::error_code error;
  const auto where = std::filesystem::temp_directory_path(error);
  if (error) return failure(Errc::io, "$TMPDIR: " + error.message());
  std::string name = (where / "millrace-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return failure(Errc::io, fmt::format("no folder can be made in '{}': {}; set TMPDIR",
                                         where.string(), std::strerror(errno)));
  }
  return ScratchFolder(name);
}

ScratchFolder::~ScratchFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<FileReplay> read_files(const ReplayOptions& options, ReplayInput& input,
                              FileReplayOptions replay) {
  ProgressLine progress(options.quiet);
  replay.threads = options.threads;
  replay.line_bytes_max = options.line_bytes_max.value_or(kLineBytesMax);
  replay.stop = &StopSignal::flag();
  replay.progress = [&](std::uint64_t bytes, std::uint64_t records) {
    progress.show(fmt::format("read {}, {} records", show(static_cast<double>(bytes), Unit::bytes),
                              show_count(records)));
  };
  auto files = replay_pieces(*input.reader, input.format, replay);
  progress.close();
  return files;
}

Result<Imported> Imported::read(const ReplayOptions& options) {
  StopSignal::install();
  const std::size_t line_bytes_max = options.line_bytes_max.value_or(kLineBytesMax);
  auto input = ReplayInput::open(options.inputs, options.input, false, false, line_bytes_max,
                                 &StopSignal::flag());
  if (!input) return tl::unexpected(std::move(input).error());
  if (input->reader == nullptr) {
    return failure(Errc::not_found, fmt::format("'{}' holds no responses.jsonl, so there are no "
                                                "requests to read",
                                                options.inputs.front()));
  }
  if (auto fitting = input->fits(options.input); !fitting) {
    return tl::unexpected(std::move(fitting).error());
  }
  auto limits = options.report.parse_limits(input->format.schema);
  if (!limits) return tl::unexpected(std::move(limits).error());

  Imported imported;
  imported.dir = options.log;
  if (imported.dir.empty()) {
    auto scratch = ScratchFolder::make();
    if (!scratch) return tl::unexpected(std::move(scratch).error());
    imported.scratch.emplace(std::move(*scratch));
    imported.dir = (imported.scratch->path() / "log").string();
  }
  FileReplayOptions replay;
  replay.stream.goodput = std::move(*limits);
  replay.engine.log_dir = imported.dir;
  replay.engine.low_memory = true;
  replay.engine.percentiles.clear();
  replay.further_stream = !options.profile.empty();
  auto files = read_files(options, *input, std::move(replay));
  if (!files) return tl::unexpected(std::move(files).error());
  if (const auto& log = files->summary.log(); log && log->unlogged != 0) {
    return failure(Errc::io,
                   fmt::format("the records do not fit into '{}': {}; {}", imported.dir, log->error,
                               imported.scratch ? "set TMPDIR" : "give another --log"));
  }
  imported.files = std::move(*files);
  imported.format = input->format.name;
  imported.paths = options.inputs;
  if (input->guidellm) {
    if (auto found = input->guidellm->check(); !found) return tl::unexpected(found.error());
    imported.notes = guidellm_notes(*input->guidellm);
  }
  if (input->run) {
    input->run->recover(imported.files.summary["requests"]);
    imported.total_test_time_s = number_of(input->run->fields, "total_test_time");
    imported.notes.insert(imported.notes.end(), input->run->notes.begin(), input->run->notes.end());
  }
  return imported;
}

void complain_of_losses(const FileReplay& replay) {
  for (const BadLine& bad : replay.bad_lines) {
    const std::string file = bad.file == "-" ? "stdin" : bad.file;
    const std::string at =
        bad.byte_offset == 0 && bad.in_document ? "" : fmt::format("byte {}: ", bad.byte_offset);
    complain(fmt::format("{}:{}{}: {}{}", file, bad.in_document ? " request " : "", bad.line, at,
                         bad.reason));
  }
  if (replay.damaged > replay.bad_lines.size()) {
    const std::uint64_t further = replay.damaged - replay.bad_lines.size();
    complain(
        fmt::format("{} further damaged line{}", show_count(further), further == 1 ? "" : "s"));
  }
  for (const Error& error : replay.input_errors) complain(error.message);
}

}  // namespace millrace
