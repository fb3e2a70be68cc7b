// SPDX-License-Identifier: Apache-2.0
#include "ingest/file_replay.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/run.hpp"

namespace millrace {
namespace {

constexpr std::chrono::milliseconds kProgressEvery{200};

// What one parser thread found; threads share nothing but the engine and the reader.
struct Share {
  struct Bad {
    std::uint64_t piece;
    BadLine line;
  };
  std::atomic<std::uint64_t> records{0};  // for progress
  std::uint64_t lines = 0, damaged = 0, torn = 0, blank = 0;
  LineNotes notes;
  std::vector<Bad> bad_lines;  // the thread's first ones; it takes pieces in order
  std::string failure;         // out of memory
};

class ParserThread {
 public:
  ParserThread(PieceReader& reader, const LineFormat& format, const FileReplayOptions& options,
               PlaceNames& places, detail::Port port, std::optional<detail::Port> further,
               Share& share)
      : reader_(reader),
        parser_(format.parser()),
        kept_max_(options.bad_lines_kept),
        places_(places),
        port_(std::move(port)),
        further_(std::move(further)),
        further_bytes_(format.further ? format.further->schema.record_size : 0),
        share_(share) {}

  void run() noexcept {
    try {
      take_pieces();
    } catch (const std::exception& e) {
      share_.failure = e.what();
      end_open_places();  // the aggregator waits for them
    }
  }

 private:
  void take_pieces() {
    Piece piece;
    while (reader_.next(piece)) {
      // A piece is a place; with a further stream two: what goes there follows, from another ring.
      const std::uint64_t place = further_ ? 2 * piece.number() : piece.number();
      open_place_ = place;
      port_.begin_place(place);
      const auto names = places_.announce(place);
      piece.for_each_line([&](const Line& line) { take(line, piece.number(), *names); });
      port_.end_place();
      if (further_) push_further(place + 1);
      open_place_.reset();
    }
  }

  void end_open_places() noexcept {
    if (!open_place_) return;
    port_.end_place();
    further_records_.clear();
    if (further_) push_further(*open_place_ + 1);
  }

  void push_further(std::uint64_t place) {
    further_->begin_place(place);
    for (std::size_t i = 0; i < further_records_.size(); i += further_bytes_) {
      std::byte* const record = further_->claim();
      if (record == nullptr) break;  // the engine has failed; finish() says why
      std::memcpy(record, further_records_.data() + i, further_bytes_);
      further_->commit();
    }
    further_records_.clear();
    further_->end_place();
  }

  void take(const Line& line, std::uint64_t piece, PlaceNames::Pair& names) {
    if (line.text.empty() && !line.too_long) {
      ++share_.blank;
      return;
    }
    ++share_.lines;
    if (line.too_long) return bad(line, piece, reader_.too_long_reason());
    std::byte* record = port_.claim();
    if (record == nullptr) return;  // the engine has failed; finish() says why
    const char* reason =
        parser_->parse(line.text, record, names.labels, names.errors, share_.notes);
    if (reason != nullptr) return bad(line, piece, reason);  // the room serves the next line
    if (port_.commit()) {
      // order: relaxed; read for progress only.
      share_.records.store(share_.records.load(std::memory_order_relaxed) + 1,
                           std::memory_order_relaxed);
    }
    if (const std::byte* const more = further_ ? parser_->further() : nullptr) {
      further_records_.insert(further_records_.end(), more, more + further_bytes_);
    }
  }

  void bad(const Line& line, std::uint64_t piece, std::string reason) {
    ++share_.damaged;
    share_.torn += line.torn ? 1u : 0u;
    if (share_.bad_lines.size() >= kept_max_) return;
    if (line.torn) reason = "cut off at the end of the file (" + reason + ")";
    BadLine bad{reader_.inputs()[line.input], line.number, line.byte_offset, std::move(reason)};
    if (line.translated) {
      bad.in_document = true;
      bad.byte_offset = 0;
      const auto digits = line.text.substr(std::min(kDocumentLine.size(), line.text.size()));
      std::from_chars(digits.data(), digits.data() + digits.size(), bad.byte_offset);
    }
    share_.bad_lines.push_back({piece, std::move(bad)});
  }

  PieceReader& reader_;
  std::unique_ptr<LineParser> parser_;
  const std::size_t kept_max_;
  PlaceNames& places_;
  detail::Port port_;
  std::optional<detail::Port> further_;
  std::optional<std::uint64_t> open_place_;  // of the piece being read
  const std::size_t further_bytes_;
  std::vector<std::byte> further_records_;  // of the piece
  Share& share_;
};

void add(FileReplay& total, std::vector<Share>& shares, std::size_t kept_max) {
  std::vector<Share::Bad> bad;
  for (Share& share : shares) {
    total.lines += share.lines;
    total.damaged += share.damaged;
    total.torn += share.torn;
    total.blank += share.blank;
    total.notes += share.notes;
    std::move(share.bad_lines.begin(), share.bad_lines.end(), std::back_inserter(bad));
  }
  std::stable_sort(bad.begin(), bad.end(),
                   [](const auto& a, const auto& b) { return a.piece < b.piece; });
  for (auto& b : bad) {
    if (total.bad_lines.size() == kept_max) break;
    total.bad_lines.push_back(std::move(b.line));
  }
}

// Waits for the parser threads, and says how far they are.
class Watch {
 public:
  void ended() {
    const std::lock_guard lock(mutex_);
    ++ended_;
    changed_.notify_one();
  }
  void wait(std::size_t threads, const std::function<void()>& progress) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kProgressEvery, [&] { return ended_ == threads; })) progress();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t ended_ = 0;
};

}  // namespace

LineNotes& LineNotes::operator+=(const LineNotes& other) noexcept {
  duplicate_keys += other.duplicate_keys;
  nonfinite_words += other.nonfinite_words;
  unknown_keys += other.unknown_keys;
  missing_keys += other.missing_keys;
  mid_stream_errors += other.mid_stream_errors;
  return *this;
}

Result<FileReplay> replay_files(const std::vector<std::string>& inputs, const LineFormat& format,
                                const FileReplayOptions& options) {
  auto reader =
      PieceReader::open(inputs, {.line_bytes_max = options.line_bytes_max, .stop = options.stop});
  if (!reader) return tl::unexpected(std::move(reader).error());
  return replay_pieces(**reader, format, options);
}

Result<FileReplay> replay_pieces(PieceReader& reader, const LineFormat& format,
                                 const FileReplayOptions& options) {
  EngineOptions engine_options = options.engine;
  engine_options.overflow = Overflow::wait;
  engine_options.by_place = true;
  engine_options.ring_files = false;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned n = options.threads != 0 ? options.threads : cores;
  const bool further = options.further_stream && format.further.has_value();
  engine_options.workers_max = std::max(engine_options.workers_max, further ? 2 * n : n);
  auto engine = Engine::open(std::move(engine_options));
  if (!engine) return tl::unexpected(std::move(engine).error());
  auto stream = engine->add_stream("requests", format.schema, options.stream);
  if (!stream) return tl::unexpected(std::move(stream).error());
  Result<std::uint32_t> further_stream = std::uint32_t{0};
  if (further)
    further_stream = engine->add_stream(format.further->name, format.further->schema, {});
  if (!further_stream) return tl::unexpected(std::move(further_stream).error());

  PlaceNames& places = static_cast<Run&>(*engine->core()).places;
  std::vector<Share> shares(n);
  std::vector<std::unique_ptr<ParserThread>> parsers;
  for (std::size_t i = 0; i < n; ++i) {
    auto port = detail::open_port(engine->core(), *stream);
    if (!port) return tl::unexpected(std::move(port).error());
    std::optional<detail::Port> further_port;
    if (further) {
      auto opened = detail::open_port(engine->core(), *further_stream);
      if (!opened) return tl::unexpected(std::move(opened).error());
      further_port = std::move(*opened);
    }
    parsers.push_back(std::make_unique<ParserThread>(
        reader, format, options, places, std::move(*port), std::move(further_port), shares[i]));
  }
  {
    Watch watch;
    std::vector<std::jthread> threads;
    for (auto& parser : parsers) {
      threads.emplace_back([&watch, &parser] {
        parser->run();
        watch.ended();
      });
    }
    watch.wait(n, [&] {
      if (!options.progress) return;
      std::uint64_t records = 0;
      // order: relaxed; a count for people.
      for (const Share& share : shares) records += share.records.load(std::memory_order_relaxed);
      options.progress(reader.bytes_read(), records);
    });
  }
  parsers.clear();
  auto summary = engine->finish();
  if (!summary) return tl::unexpected(std::move(summary).error());

  for (const Share& share : shares) {
    if (!share.failure.empty()) {
      return failure(Errc::out_of_memory, "reading stopped: " + share.failure);
    }
  }

  FileReplay result;
  result.summary = std::move(*summary);
  for (const Share& share : shares) {
    // order: relaxed; the threads have ended.
    result.records += share.records.load(std::memory_order_relaxed);
  }
  result.bytes = reader.bytes_read();
  add(result, shares, options.bad_lines_kept);
  for (auto& [input, error] : reader.input_errors()) result.input_errors.push_back(error);
  // order: relaxed; the threads that looked at it have ended.
  result.interrupted = options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
  return result;
}

}  // namespace millrace
