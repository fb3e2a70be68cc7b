// SPDX-License-Identifier: Apache-2.0
//
// What is behind the handles of the C interface.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/c/engine.h"
#include "millrace/c/schema.h"
#include "millrace/c/snapshot.h"
#include "millrace/c/summary.h"
#include "millrace/c/worker.h"
#include "millrace/engine.hpp"

#include "ingest/file_replay.hpp"
#include "replay/log_replay.hpp"
#include "report/rates.hpp"

namespace millrace::c_api {

/// A record of which nothing is known, in its first bytes.
using Blank = std::array<std::byte, kRecordBytesMax>;

/// Limits of goodput, by stream.
using Limits = std::map<std::string, std::vector<Limit>, std::less<>>;

}  // namespace millrace::c_api

struct millrace_schema {
  millrace::Schema schema;
  millrace::c_api::Blank blank{};
  std::optional<millrace::Error> error;  // the first one sticks
};

struct millrace_stream {
  std::shared_ptr<millrace::detail::Core> core;
  std::uint32_t id = 0;
  std::uint32_t record_size = 0;
  millrace::c_api::Blank blank{};
  std::string name;
  std::vector<millrace::Limit> goodput;  // for reports
};

struct millrace_engine {
  explicit millrace_engine(millrace::Engine opened) : engine(std::move(opened)) {}
  millrace::Engine engine;
  std::mutex mutex;
  std::vector<std::unique_ptr<millrace_stream>> streams;  // by mutex
};

// The port first: it is what a push touches.
struct millrace_worker {
  millrace::detail::Port port;
  std::uint32_t record_size;
  millrace::c_api::Blank blank;
};

struct millrace_snapshot {
  millrace::Snapshot snapshot;
};

struct millrace_summary {
  /// Takes the names that are asked for later: what is returned then must stay.
  explicit millrace_summary(millrace::Summary of);

  millrace::Summary summary;
  struct Names {
    std::vector<std::string> labels;
    std::vector<std::pair<std::string, std::uint64_t>> errors;
  };
  std::vector<Names> names;  // by stream
  // For reports.
  millrace::c_api::Limits goodput;
  millrace::GivenWindow given;
  // Of a replay.
  std::optional<millrace::LogReplay> log;
  std::optional<millrace::FileReplay> files;
  std::string format;
  std::vector<std::string> paths, notes;
};
