// SPDX-License-Identifier: Apache-2.0
//
// FileReplay: foreign files through the engine. Parser threads are its workers; the aggregator takes
// their blocks in file order, so that the output is the same for any number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "millrace/engine.hpp"
#include "millrace/result.hpp"
#include "millrace/summary.hpp"

#include "ingest/line_format.hpp"
#include "ingest/piece_reader.hpp"

namespace millrace {

/// One line that is not a record.
struct BadLine {
  std::string file;
  std::uint64_t line = 0;         // from 1
  std::uint64_t byte_offset = 0;  // of the line's start, in the unpacked file, from 0
  std::string reason;
  /// The file is a document: `line` is the number of its request, `byte_offset` where that begins,
  /// or 0 where it is not known.
  bool in_document = false;
};

struct FileReplayOptions {
  /// Overflow is `wait`, by_place is on and there are no ring files, whatever it says. With a log_dir the
  /// records are in a log when the replay is done.
  EngineOptions engine;
  StreamOptions stream;
  unsigned threads = 0;  // parser threads; 0: one per core
  std::size_t line_bytes_max = 16 << 20;
  std::size_t bad_lines_kept = 10;  // the first ones; all are counted
  bool further_stream = false;      // LineFormat::further, where the format has it
  /// Set from outside (Ctrl-C): stop reading, report what was read.
  const std::atomic<bool>* stop = nullptr;
  /// Called now and then by the calling thread while files are read.
  std::function<void(std::uint64_t bytes_read, std::uint64_t records)> progress;
};

struct FileReplay {
  Summary summary;            // a stream named "requests", and the further one
  std::uint64_t lines = 0;    // lines that are not blank
  std::uint64_t records = 0;  // requests
  std::uint64_t damaged = 0;  // lines that are not a record
  std::uint64_t torn = 0;     // a last line without newline that is not a record (in damaged)
  std::uint64_t blank = 0;
  std::uint64_t bytes = 0;  // unpacked
  LineNotes notes;
  std::vector<BadLine> bad_lines;   // in file order
  std::vector<Error> input_errors;  // inputs that ended before their end
  bool interrupted = false;

  /// Nothing was damaged, cut off or left unread.
  [[nodiscard]] bool whole() const noexcept {
    return damaged == 0 && input_errors.empty() && !interrupted;
  }
};

/// `inputs`: paths, "-" is stdin; .gz and .zst are unpacked, told from content.
Result<FileReplay> replay_files(const std::vector<std::string>& inputs, const LineFormat& format,
                                const FileReplayOptions& options);

/// The same with inputs that are open already: their format was told from PieceReader::peek().
Result<FileReplay> replay_pieces(PieceReader& reader, const LineFormat& format,
                                 const FileReplayOptions& options);

}  // namespace millrace
