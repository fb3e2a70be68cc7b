// SPDX-License-Identifier: Apache-2.0
#include "millrace/c/engine.h"

#include <cstring>

#include <fmt/format.h>

#include "c_api/handles.hpp"
#include "c_api/options.hpp"
#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"

using namespace millrace;
using namespace millrace::c_api;

int millrace_open(const millrace_options* options, millrace_engine** engine,
                  millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_open", {{"engine", engine}}); !all) return all;
    *engine = nullptr;
    auto translated = engine_options(options);
    if (!translated) return tl::unexpected(std::move(translated).error());
    auto opened = Engine::open(std::move(*translated));
    if (!opened) return tl::unexpected(std::move(opened).error());
    *engine = new millrace_engine(std::move(*opened));
    return {};
  });
}

const char* millrace_notice(const millrace_engine* engine) {
  return engine == nullptr ? "" : engine->engine.notice().c_str();
}

int millrace_memory_bound(const millrace_engine* engine, millrace_memory* memory,
                          millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_memory_bound", {{"engine", engine}, {"memory", memory}}); !all)
      return all;
    const MemoryBound bound = engine->engine.memory_bound();
    return put("millrace_memory",
               {.struct_size = 0,
                .rings = bound.rings,
                .values = bound.values,
                .labels = bound.labels,
                .log_pages = bound.log_pages,
                .passes = bound.passes,
                .total = bound.total()},
               memory);
  });
}

int millrace_stream_open(millrace_engine* engine, const char* name, const millrace_schema* schema,
                         const millrace_stream_options* options, millrace_stream** stream,
                         millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto out = given("millrace_stream_open", {{"stream", stream}}); !out) return out;
    *stream = nullptr;
    if (auto all =
            given("millrace_stream_open", {{"engine", engine}, {"name", name}, {"schema", schema}});
        !all) {
      return all;
    }
    if (schema->error) return tl::unexpected(*schema->error);
    auto translated = stream_options(options);
    if (!translated) return tl::unexpected(std::move(translated).error());
    // All that needs memory comes before the stream is there, which cannot be taken back.
    auto made = std::make_unique<millrace_stream>();
    made->name = name;
    made->goodput = translated->goodput;
    const std::lock_guard lock(engine->mutex);
    engine->streams.reserve(engine->streams.size() + 1);
    auto id = engine->engine.add_stream(name, schema->schema, std::move(*translated));
    if (!id) return tl::unexpected(std::move(id).error());
    made->core = engine->engine.core();
    made->id = *id;
    made->record_size = schema->schema.record_size;
    made->blank = schema->blank;
    *stream = made.get();
    engine->streams.push_back(std::move(made));
    return {};
  });
}

std::uint16_t millrace_label(millrace_engine* engine, const char* name) {
  if (engine == nullptr || name == nullptr || *name == '\0') return 0;
  return engine->engine.label(name);
}

std::uint16_t millrace_error_class(millrace_engine* engine, const char* name) {
  if (engine == nullptr || name == nullptr || *name == '\0') return 0;
  return engine->engine.error_class(name);
}

int millrace_observe(millrace_engine* engine, const char* stream, const char* metric,
                     millrace_observer observer, void* context, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    const bool none = observer == nullptr;
    if (auto all = given("millrace_observe", {{"engine", engine},
                                              {"stream", stream},
                                              {"metric", metric},
                                              {"observer", none ? nullptr : engine}});
        !all) {
      return all;
    }
    return engine->engine.observe(stream, metric,
                                  [observer, context](std::span<const double> values) {
                                    observer(values.data(), values.size(), context);
                                  });
  });
}

int millrace_flush(millrace_engine* engine, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_flush", {{"engine", engine}}); !all) return all;
    return engine->engine.flush();
  });
}

int millrace_finish(millrace_engine* engine, millrace_summary** summary, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (summary != nullptr) *summary = nullptr;
    if (auto all = given("millrace_finish", {{"engine", engine}}); !all) return all;
    auto finished = engine->engine.finish();
    if (!finished) return tl::unexpected(std::move(finished).error());
    if (summary == nullptr) return {};
    const std::int64_t elapsed_ns = finished->elapsed_ns();
    auto made = std::make_unique<millrace_summary>(std::move(*finished));
    made->given.total_test_time_s = static_cast<double>(elapsed_ns) / 1e9;
    {
      const std::lock_guard lock(engine->mutex);
      for (const auto& stream : engine->streams) made->goodput[stream->name] = stream->goodput;
    }
    *summary = made.release();
    return {};
  });
}

void millrace_close(millrace_engine* engine) { delete engine; }
