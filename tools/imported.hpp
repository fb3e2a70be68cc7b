// SPDX-License-Identifier: Apache-2.0
//
// Imported: foreign files as a log, so that whatever asks for all of a run before it can say anything
// (warmup of a run that is over, distributions over time, intervals) has it to read as often as it likes.
//
//   auto imported = Imported::read(options);
//   replay_log(of_log, &*imported);
//
// Folder    Imported::dir; one in $TMPDIR goes again at the end. It takes the size of a record each: 64 to
//           184 bytes of a line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/result.hpp"

#include "ingest/file_replay.hpp"
#include "ingest/replay_input.hpp"

namespace millrace {

struct ReplayOptions;

/// A folder of its own in $TMPDIR, else /tmp; all of it goes with this.
class ScratchFolder {
 public:
  static Result<ScratchFolder> make();
  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

struct Imported {
  std::optional<ScratchFolder> scratch;  // none: the log was asked for, and stays
  std::string dir;
  FileReplay files;
  std::string format;
  std::vector<std::string> paths, notes;
  std::optional<double> total_test_time_s;  // as a run directory tells

  static Result<Imported> read(const ReplayOptions& options);
};

/// The lines of the input through the engine, with progress; `replay` says how and where to.
Result<FileReplay> read_files(const ReplayOptions& options, ReplayInput& input,
                              FileReplayOptions replay);

/// The lines that were lost, where they are, and why.
void complain_of_losses(const FileReplay& replay);

}  // namespace millrace
