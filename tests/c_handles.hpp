// SPDX-License-Identifier: Apache-2.0
//
// Handles of the C interface that go with their scope, for its tests.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "millrace.h"

namespace millrace {

template <typename T, void (*release)(T*)>
struct Releases {
  void operator()(T* handle) const { release(handle); }
};
using CEngine = std::unique_ptr<millrace_engine, Releases<millrace_engine, millrace_close>>;
using CWorker = std::unique_ptr<millrace_worker, Releases<millrace_worker, millrace_worker_close>>;
using CSchema = std::unique_ptr<millrace_schema, Releases<millrace_schema, millrace_schema_free>>;
using CSummary =
    std::unique_ptr<millrace_summary, Releases<millrace_summary, millrace_summary_free>>;
using CSnapshot =
    std::unique_ptr<millrace_snapshot, Releases<millrace_snapshot, millrace_snapshot_free>>;

/// A struct of zeros with its size.
template <typename T>
T sized() {
  T zero{};
  zero.struct_size = sizeof zero;
  return zero;
}

/// What a call that takes an error returned and said.
struct Said {
  Said() = default;
  millrace_error error = MILLRACE_ERROR_INIT;
  [[nodiscard]] std::string text() const { return error.message; }
};

inline CEngine c_open(const millrace_options* options = nullptr) {
  Said said;
  millrace_engine* engine = nullptr;
  EXPECT_EQ(millrace_open(options, &engine, &said.error), MILLRACE_OK) << said.text();
  return CEngine(engine);
}

inline CEngine c_open_with_log(const std::string& dir) {
  millrace_options options;
  EXPECT_EQ(millrace_options_init(&options, sizeof options), MILLRACE_OK);
  options.log_dir = dir.c_str();
  options.overflow = MILLRACE_OVERFLOW_WAIT;
  return c_open(&options);
}

inline CSchema c_schema(int record) {
  Said said;
  millrace_schema* schema = nullptr;
  EXPECT_EQ(millrace_schema_builtin(record, &schema, &said.error), MILLRACE_OK) << said.text();
  return CSchema(schema);
}

inline millrace_stream* c_stream(const CEngine& engine, const char* name, int record,
                                 const millrace_stream_options* options = nullptr) {
  Said said;
  millrace_stream* stream = nullptr;
  EXPECT_EQ(millrace_stream_open(engine.get(), name, c_schema(record).get(), options, &stream,
                                 &said.error),
            MILLRACE_OK)
      << said.text();
  return stream;
}

inline CWorker c_worker(millrace_stream* stream, std::size_t record_size) {
  Said said;
  millrace_worker* worker = nullptr;
  EXPECT_EQ(millrace_worker_open(stream, record_size, &worker, &said.error), MILLRACE_OK)
      << said.text();
  return CWorker(worker);
}

inline CSummary c_finish(const CEngine& engine) {
  Said said;
  millrace_summary* summary = nullptr;
  EXPECT_EQ(millrace_finish(engine.get(), &summary, &said.error), MILLRACE_OK) << said.text();
  return CSummary(summary);
}

inline millrace_query c_query(const char* stream, const char* metric = nullptr) {
  auto query = sized<millrace_query>();
  query.stream = stream;
  query.metric = metric;
  return query;
}

}  // namespace millrace
