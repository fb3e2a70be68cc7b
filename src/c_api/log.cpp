// SPDX-License-Identifier: Apache-2.0
#include "millrace/c/log.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "c_api/handles.hpp"
#include "c_api/losses.hpp"
#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"
#include "log/log_folder.hpp"
#include "record/local_names.hpp"
#include "replay/log_reading.hpp"

struct millrace_log {
  struct Stream {
    std::string text;  // JSON
    millrace_schema schema;
  };
  std::vector<std::string> runs;  // of the folder, oldest first
  std::string run;
  std::map<std::string, Stream, std::less<>> streams;
  millrace::log::RunNames names;
  const millrace::LoggedSlice* visited = nullptr;  // its names are not in `names` yet
  millrace_losses losses{};
};

namespace millrace::c_api {
namespace {

using Stream = std::pair<const std::string, millrace_log::Stream>;

Result<const Stream*> stream_of(millrace_log& log, const log::StreamText& text) {
  const auto known = log.streams.find(text.name);
  if (known == log.streams.end()) {
    millrace_log::Stream stream;
    stream.text = log::to_text(text);
    stream.schema.schema = text.schema;
    return &*log.streams.emplace(text.name, std::move(stream)).first;
  }
  if (known->second.schema.schema == text.schema) return &*known;
  return failure(Errc::format, fmt::format("stream '{}' has two schemas in one run: no log that "
                                           "millrace wrote has that",
                                           text.name));
}

millrace_slice slice_of(const millrace_log& log, const Stream& of, const LoggedSlice& slice) {
  const auto& [name, stream] = of;
  return {.struct_size = sizeof(millrace_slice),
          .log = &log,
          .stream = name.c_str(),
          .schema = &stream.schema,
          .records = slice.slice.records,
          .count = slice.slice.count,
          .record_size = slice.slice.record_size,
          .worker_seq = slice.slice.worker_seq,
          .worker = slice.slice.worker,
          .reserved = 0,
          .taken_ns = slice.taken_ns,
          .file = slice.file.empty() ? nullptr : slice.file.c_str(),
          .offset = slice.offset};
}

Result<void> read(const std::string& dir, const millrace_log_options& options, millrace_log& log) {
  std::atomic<bool> stop{false};
  LogReadingOptions reading{.run = "last", .ring_dir = {}, .stop = &stop, .progress = nullptr};
  if (options.run != nullptr) reading.run = options.run;
  if (options.ring_dir != nullptr) reading.ring_dir = options.ring_dir;
  if (reading.run == "all") {
    return failure(Errc::invalid_argument,
                   "log options: run is 'all'; names are a run's own: read one after the other");
  }
  const auto folder = log::LogFolder::list(dir, reading.ring_dir);
  if (!folder) return tl::unexpected(folder.error());
  for (const log::RunFiles& run : folder->runs) log.runs.push_back(hex(run.identity.run));

  const std::string dirs[] = {dir};
  auto read = read_logs(dirs, reading, [&](const LoggedSlice& slice) -> Result<void> {
    if (options.visit == nullptr) return {};
    const auto stream = stream_of(log, slice.stream);
    if (!stream) return tl::unexpected(stream.error());
    if (log.run.empty()) log.run = hex(slice.run.run);
    log.visited = &slice;
    const millrace_slice shown = slice_of(log, **stream, slice);
    // order: relaxed; set and read by this thread.
    if (!options.visit(&shown, options.context)) stop.store(true, std::memory_order_relaxed);
    log.visited = nullptr;
    return {};
  });
  if (!read) return tl::unexpected(std::move(read).error());
  log.losses = losses_of(read->runs, read->damages.size(), read->interrupted);
  if (read->runs.empty()) return {};  // a folder that is to have one
  log.run = hex(read->runs.front().identity.run);
  log.names = std::move(read->names.front());
  for (const auto& [number, text] : log.names.streams) {
    if (const auto stream = stream_of(log, text); !stream) return tl::unexpected(stream.error());
  }
  return {};
}

using Names = std::map<std::uint16_t, std::string>;

const char* name_of(const millrace_log* log, std::uint16_t number, Names log::RunNames::*kind) {
  if (log == nullptr) return nullptr;
  if (number == LocalNames::kOther) return "other";
  const log::RunNames* const places[] = {log->visited ? &log->visited->names : &log->names,
                                         log->visited ? &log->visited->earlier : nullptr};
  for (const log::RunNames* place : places) {
    if (place == nullptr) continue;
    const auto found = (place->*kind).find(number);
    if (found != (place->*kind).end()) return found->second.c_str();
  }
  return nullptr;
}

const millrace_log::Stream* stream_named(const millrace_log* log, const char* name) {
  if (log == nullptr || name == nullptr) return nullptr;
  const auto found = log->streams.find(name);
  return found == log->streams.end() ? nullptr : &found->second;
}

}  // namespace
}  // namespace millrace::c_api

using namespace millrace;
using namespace millrace::c_api;

int millrace_log_read(const char* path, const millrace_log_options* options, millrace_log** log,
                      millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto out = given("millrace_log_read", {{"log", log}}); !out) return out;
    *log = nullptr;
    if (auto all = given("millrace_log_read", {{"path", path}}); !all) return all;
    millrace_log_options asked{};
    if (options != nullptr) {
      const auto taken_options = taken("millrace_log_options", options, asked);
      if (!taken_options) return tl::unexpected(taken_options.error());
      asked = *taken_options;
    }
    auto made = std::make_unique<millrace_log>();
    if (auto done = read(path, asked, *made); !done) return done;
    *log = made.release();
    return {};
  });
}

const char* millrace_log_run(const millrace_log* log) {
  return log == nullptr || log->run.empty() ? nullptr : log->run.c_str();
}

const char* millrace_log_run_at(const millrace_log* log, std::size_t index) {
  return log == nullptr || index >= log->runs.size() ? nullptr : log->runs[index].c_str();
}

const char* millrace_log_stream_at(const millrace_log* log, std::size_t index) {
  if (log == nullptr || index >= log->streams.size()) return nullptr;
  return std::next(log->streams.begin(), static_cast<std::ptrdiff_t>(index))->first.c_str();
}

const char* millrace_log_stream_text(const millrace_log* log, const char* stream) {
  const auto* found = stream_named(log, stream);
  return found == nullptr ? nullptr : found->text.c_str();
}

const millrace_schema* millrace_log_schema(const millrace_log* log, const char* stream) {
  const auto* found = stream_named(log, stream);
  return found == nullptr ? nullptr : &found->schema;
}

const char* millrace_log_label(const millrace_log* log, std::uint16_t number) {
  return name_of(log, number, &log::RunNames::labels);
}

const char* millrace_log_error_class(const millrace_log* log, std::uint16_t number) {
  return name_of(log, number, &log::RunNames::error_classes);
}

int millrace_log_losses(const millrace_log* log, millrace_losses* losses, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_log_losses", {{"log", log}, {"losses", losses}}); !all)
      return all;
    if (log->visited != nullptr) {
      return failure(Errc::invalid_argument,
                     "millrace_log_losses: losses are known when millrace_log_read() returns");
    }
    return put("millrace_losses", log->losses, losses);
  });
}

void millrace_log_free(millrace_log* log) { delete log; }
