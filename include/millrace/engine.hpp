// SPDX-License-Identifier: Apache-2.0
//
// Engine: worker threads push records, one aggregator thread keeps exact statistics of them.
//
//   auto engine   = millrace::Engine::open({}).value();
//   auto requests = engine.stream<millrace::GenerationRecord>("requests").value();
//   std::jthread load([&] {
//     auto worker = requests.worker().value();              // one per thread
//     worker.push({.status = millrace::Status::ok, .start_ns = t0, .first_token_ns = t1,
//                  .end_ns = t2, .output_tokens = 42});
//   });
//   auto live  = engine.snapshot();                         // any thread, any time
//   load.join();
//   auto final = engine.finish().value();                   // exact
//   final["requests"].metric("time_to_first_token").percentile(99);
//
// Threads   All methods may be called from any thread. finish() once; a second call returns the
//           first one's result.
// Cost      push: docs/benchmarks.md. snapshot(): the aggregator makes it between two turns; the
//           caller waits for at most a few milliseconds.
// Memory    workers x ring (2 MiB by default) + exact_memory_bytes + the labels' tables (see
//           label_memory_bytes) + about 100 KiB a metric and status.
// Lifetime  Streams and workers may outlive their engine: their pushes are then refused and counted.
//           Destroying an engine closes it, its log too; finish() is for its numbers. After fork()
//           the child's pushes return false, and its copies of engine and workers do nothing.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "millrace/export.hpp"
#include "millrace/options.hpp"
#include "millrace/result.hpp"
#include "millrace/schema.hpp"
#include "millrace/snapshot.hpp"
#include "millrace/summary.hpp"
#include "millrace/worker.hpp"

namespace millrace {

namespace detail {

class Core;

/// What `schema` returns, or what it throws as an error. Compiled code, so that these headers serve programs without
/// exceptions, too.
[[nodiscard]] MILLRACE_API Result<Schema> made_by(Result<Schema> (*schema)()) noexcept;

}  // namespace detail

/// Sees the valid values of one metric in the order in which they are aggregated, slice by slice,
/// on the aggregator thread. One that throws is detached, and counted in Snapshot and Summary.
using Observer = std::function<void(std::span<const double> values)>;

/// A stream of one record type in one engine; a small handle, freely copied.
template <Record T>
class Stream {
 public:
  /// A handle for one thread. Errors: limit (workers_max reached), out_of_memory, closed.
  [[nodiscard]] Result<Worker<T>> worker() const {
    auto port = detail::open_port(core_, stream_);
    if (!port) return tl::unexpected(std::move(port).error());
    return Worker<T>(std::move(*port));
  }
  [[nodiscard]] std::uint32_t id() const noexcept { return stream_; }

 private:
  friend class Engine;
  Stream(std::shared_ptr<detail::Core> core, std::uint32_t stream)
      : core_(std::move(core)), stream_(stream) {}
  std::shared_ptr<detail::Core> core_;
  std::uint32_t stream_;
};

/// What an engine takes at most, in bytes, beside about 100 KiB a metric and status.
struct MemoryBound {
  std::size_t rings = 0;   // workers_max rings of RequestRecord's size; grows as workers register
  std::size_t values = 0;  // exact values; 0 in low-memory mode
  std::size_t labels = 0;  // tables of labels
  std::size_t log_pages = 0;  // of two segments, in the page cache and not anonymous
  std::size_t passes = 0;     // finish() in low-memory mode
  [[nodiscard]] std::size_t total() const noexcept {
    return rings + values + labels + log_pages + passes;
  }
};

class Engine {
 public:
  [[nodiscard]] MILLRACE_API static Result<Engine> open(EngineOptions options = {});
  MILLRACE_API ~Engine();
  MILLRACE_API Engine(Engine&&) noexcept;
  MILLRACE_API Engine& operator=(Engine&&) noexcept;

  /// A stream of T. Names are unique; the same name again is an error.
  template <Record T>
  [[nodiscard]] Result<Stream<T>> stream(std::string_view name, StreamOptions options = {}) {
    auto schema = detail::made_by([]() -> Result<Schema> { return RecordTraits<T>::schema(); });
    if (!schema) return tl::unexpected(std::move(schema).error());
    return stream<T>(name, std::move(*schema), std::move(options));
  }
  /// The same with a schema of your own for the same record type.
  template <Record T>
  [[nodiscard]] Result<Stream<T>> stream(std::string_view name, Schema schema,
                                         StreamOptions options = {}) {
    auto id = add_stream(name, std::move(schema), std::move(options), sizeof(T));
    if (!id) return tl::unexpected(std::move(id).error());
    return Stream<T>(core_, *id);
  }
  /// A stream whose record type is known at run time only. Its workers are detail::Port. `record_size`,
  /// if not 0, must be the schema's.
  [[nodiscard]] MILLRACE_API Result<std::uint32_t> add_stream(std::string_view name, Schema schema,
                                                              StreamOptions options = {},
                                                              std::size_t record_size = 0);

  /// The number of this label or error class, the same for the same name; the number of "other"
  /// once labels_max (error_classes_max) are in use, or when there is no memory for a new one. Takes a
  /// lock: ask once and keep it.
  [[nodiscard]] MILLRACE_API std::uint16_t label(std::string_view name);
  [[nodiscard]] MILLRACE_API std::uint16_t error_class(std::string_view name);

  /// Attaches an observer; millrace/accumulators.hpp does it for Boost.Accumulators.
  MILLRACE_API Result<void> observe(std::string_view stream, std::string_view metric,
                                    Observer observer);

  /// Live numbers, fresh: they cover every push that returned before the call. An empty snapshot,
  /// elapsed_ns 0, in a forked child and when there is no memory for it.
  [[nodiscard]] MILLRACE_API Snapshot snapshot() const;
  /// Returns when every record whose push returned before the call is aggregated, and with a log is
  /// in it; with LogSync::on_flush it is then on the disk.
  MILLRACE_API Result<void> flush();
  /// Refuses further pushes, aggregates everything accepted, stops the thread.
  [[nodiscard]] MILLRACE_API Result<Summary> finish();

  [[nodiscard]] MILLRACE_API MemoryBound memory_bound() const noexcept;

  /// What the options and the machine make of push, e.g. that membarrier is refused; may be empty.
  [[nodiscard]] MILLRACE_API const std::string& notice() const noexcept;

  [[nodiscard]] const std::shared_ptr<detail::Core>& core() const noexcept { return core_; }

 private:
  explicit Engine(std::shared_ptr<detail::Core> core);
  std::shared_ptr<detail::Core> core_;
};

}  // namespace millrace
