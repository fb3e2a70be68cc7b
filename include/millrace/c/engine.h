// SPDX-License-Identifier: Apache-2.0
//
// Engine: open, streams, names, flush, finish, close.
//
//   millrace_options options;
//   millrace_options_init(&options, sizeof options);
//   options.log_dir = "run";
//   millrace_engine *engine;
//   if (millrace_open(&options, &engine, &error) != MILLRACE_OK) ...
#ifndef MILLRACE_C_ENGINE_H
#define MILLRACE_C_ENGINE_H

#include "millrace/c/base.h"
#include "millrace/c/numbers.h"
#include "millrace/c/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct millrace_engine millrace_engine;
typedef struct millrace_stream millrace_stream;  // its engine's: nothing is to be released
typedef struct millrace_summary millrace_summary;

enum {
  MILLRACE_OVERFLOW_REJECT = 0,  // a full ring refuses the record, counted: no load is stalled
  MILLRACE_OVERFLOW_WAIT = 1     // wait for room: batch work
};
enum {
  MILLRACE_IDLE_SPIN = 0,      // freshest numbers; takes a core
  MILLRACE_IDLE_BACK_OFF = 1,  // sleeps 50 us, doubling up to 1 ms while nothing comes
  MILLRACE_IDLE_SLEEP = 2      // sleeps 200 us and more: fewest wake-ups
};
enum {
  MILLRACE_LOG_MAPPED = 0,  // memory-mapped segments; pwrite where a mapping is unsafe
  MILLRACE_LOG_PWRITE = 1   // for hosts that handle SIGBUS themselves
};
enum {
  MILLRACE_SYNC_NEVER = 0,     // the kernel does it in its own time
  MILLRACE_SYNC_INTERVAL = 1,  // every log_sync_interval_ns
  MILLRACE_SYNC_ON_FLUSH = 2   // millrace_flush() returns when it is done
};

/// As EngineOptions of millrace/options.hpp, which says more. Switches are 0 or 1.
typedef struct millrace_options {
  size_t struct_size;
  uint32_t overflow;          // MILLRACE_OVERFLOW_
  uint32_t idle;              // MILLRACE_IDLE_
  uint32_t ring_blocks;       // of 32 KiB in each worker's ring, 2 to 4096
  uint32_t ring_records_min;  // the ring has more blocks until it holds as many
  uint32_t workers_max;       // at one time, 1 to 4096
  uint32_t labels_max;        // those beyond count under "other"; 65,533 at most
  uint32_t error_classes_max;
  uint32_t finish_at_exit;      // an engine that is open at exit() is finished, within a second
  int64_t flush_interval_ns;    // a small slice waits for more for this long at most
  uint64_t exact_memory_bytes;  // for exact values; beyond it percentiles come from histograms
  uint64_t label_memory_bytes;
  const double* live_percentiles;  // that a snapshot carries
  size_t live_percentiles_size;
  const double* percentiles;  // that millrace_finish() makes exact when values are not in memory
  size_t percentiles_size;
  const char* log_dir;  // NULL or "": no log. Made if it is not there
  uint32_t append_log;  // the folder may hold runs already
  uint32_t low_memory;  // no value in memory: exact percentiles by passes over the log
  uint32_t log_write;   // MILLRACE_LOG_
  uint32_t log_sync;    // MILLRACE_SYNC_
  int64_t log_sync_interval_ns;
  uint64_t segment_bytes;  // of one file of the log
  uint64_t log_bytes_max;  // of all of the run's; 0: all are kept
  const char* ring_dir;    // NULL or "": log_dir
  uint32_t ring_files;     // with a log: what was pushed survives kill -9 before it is logged
  uint32_t reserved;       // 0
} millrace_options;

/// Fills in the defaults.
///   options      is overwritten.
///   struct_size  sizeof *options.
///   Returns      MILLRACE_OK or INVALID_ARGUMENT: NULL, or a size that is no version's.
///   Errors       as returned; there is no text.
///   Threads      any.   Cost  nanoseconds.
MILLRACE_API int millrace_options_init(millrace_options* options, size_t struct_size);

/// Opens an engine: its aggregator thread runs, its log is there.
///   options  NULL: the defaults.
///   engine   receives a handle; millrace_close() releases it.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: an option; a log_dir that holds runs, without append_log. IO, FORMAT: the log.
///            OUT_OF_MEMORY.
///   Threads  any; several engines in a process are fine.
///   Cost     a thread; with a log some files. Memory: millrace_memory_bound().
MILLRACE_API int millrace_open(const millrace_options* options, millrace_engine** engine,
                               millrace_error* error);

/// What options and machine make of a push, e.g. that membarrier is refused; "" as a rule.
///   Returns  a text that lives as long as the engine; "" for NULL.
///   Errors   none.   Threads  any.   Cost  nothing.
MILLRACE_API const char* millrace_notice(const millrace_engine* engine);

/// What the engine takes at most, beside about 100 KiB a metric and status.
///   memory   struct_size set; the rest is overwritten.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT.   Threads  any.   Cost  nanoseconds.
MILLRACE_API int millrace_memory_bound(const millrace_engine* engine, millrace_memory* memory,
                                       millrace_error* error);

/// A record is good when it is ok and each of these metrics is present and at most its limit.
typedef struct millrace_limit {
  size_t struct_size;
  const char* metric;
  double at_most;  // in the metric's unit
} millrace_limit;

/// All zero: none of it. Warmup and cooldown are in no statistic, and are counted.
typedef struct millrace_stream_options {
  size_t struct_size;
  const millrace_limit* goodput;  // an array; all of the struct_size of its first
  size_t goodput_size;
  int64_t warmup_ns, cooldown_ns;
  int64_t time_max_ns;  // how long the run is: a cooldown needs to know
  uint64_t warmup_results, cooldown_results, results_max;
  int64_t start_ns;      // when the run begins by the records' clock; counts if start_given
  uint32_t start_given;  // 0: millrace_stream_open(), by CLOCK_MONOTONIC
  uint32_t reserved;     // 0
} millrace_stream_options;

/// Adds a stream: records of one type under one name.
///   name     1 to 120 bytes, another than every other stream's.
///   schema   is copied.
///   options  NULL: none.
///   stream   receives a handle that is its engine's, until millrace_close().
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: the name, the schema, an option. CLOSED: finished. OUT_OF_MEMORY.
///   Threads  any.   Cost  a turn of the aggregator: up to milliseconds.
MILLRACE_API int millrace_stream_open(millrace_engine* engine, const char* name,
                                      const millrace_schema* schema,
                                      const millrace_stream_options* options,
                                      millrace_stream** stream, millrace_error* error);

/// The number of a name, for a record's field; the same for the same name.
///   name     a label, e.g. an endpoint, or an error class, e.g. "connection reset". Of more than 120 bytes the first
///            120 count.
///   Returns  the number. 0, which is none, for NULL or "" and in a forked child; that of "other" once labels_max
///            (error_classes_max) are in use.
///   Errors   none.   Threads  any.   Cost  a lock: ask once and keep it.
MILLRACE_API uint16_t millrace_label(millrace_engine* engine, const char* name);
MILLRACE_API uint16_t millrace_error_class(millrace_engine* engine, const char* name);

/// Sees the valid values of a metric, of all statuses, in the order in which they are aggregated.
typedef void (*millrace_observer)(const double* values, size_t count, void* context);

/// Attaches an observer: it is called slice by slice on the aggregator thread.
///   stream, metric  their names.
///   observer        must be quick: what it takes, the aggregator waits.
///   context         is passed to it, and used until millrace_close() has returned.
///   Returns         MILLRACE_OK or a code.
///   Errors          NOT_FOUND: the stream or the metric. CLOSED. OUT_OF_MEMORY.
///   Threads         any.   Cost  a turn of the aggregator; then the observer's.
MILLRACE_API int millrace_observe(millrace_engine* engine, const char* stream, const char* metric,
                                  millrace_observer observer, void* context, millrace_error* error);

/// Waits until every record whose push returned before the call is aggregated and, with a log, in it; with
/// MILLRACE_SYNC_ON_FLUSH on the disk.
///   Returns  MILLRACE_OK or a code.
///   Errors   FAILED: the aggregator stopped. IO: the sync. CLOSED: in a forked child.
///   Threads  any.   Cost  up to milliseconds; a sync what the disk takes.
MILLRACE_API int millrace_flush(millrace_engine* engine, millrace_error* error);

/// Refuses further pushes, aggregates everything that was accepted, stops the thread, closes the log.
///   summary  receives a handle of the final numbers, which millrace_summary_free() releases, before or after
///            the engine. NULL: they are not wanted. A second call gives the same numbers once more.
///   Returns  MILLRACE_OK or a code.
///   Errors   FAILED: the aggregator stopped. IO. CLOSED: in a forked child. OUT_OF_MEMORY.
///   Threads  any; workers may be pushing.
///   Cost     what is left to aggregate; with low_memory passes over the log.
MILLRACE_API int millrace_finish(millrace_engine* engine, millrace_summary** summary,
                                 millrace_error* error);

/// Releases an engine and its streams; one that was not finished is closed, its log too. Workers and summaries
/// stay: a worker's pushes are then refused and counted.
///   engine   may be NULL.
///   Returns  nothing.
///   Errors   none: millrace_finish() has them.
///   Threads  the last that uses the engine or its streams.   Cost  what is left to aggregate.
MILLRACE_API void millrace_close(millrace_engine* engine);

#ifdef __cplusplus
}
#endif

#endif
