// SPDX-License-Identifier: Apache-2.0
//
// Log: the records of one run as they were pushed, for who asks something else of them than replay does.
//
//   static bool count_slow(const millrace_slice *slice, void *context) {
//     const millrace_request_record *records = slice->records;
//     for (uint32_t i = 0; i < slice->count; ++i) {
//       *(uint64_t *)context += records[i].end_ns - records[i].start_ns > 1000000;
//     }
//     return true;
//   }
//
//   uint64_t slow = 0;
//   millrace_log_options options = {.struct_size = sizeof options, .visit = count_slow, .context = &slow};
//   millrace_log *log;
//   if (millrace_log_read("run", &options, &log, &error) != MILLRACE_OK) ...
//   millrace_losses losses = {.struct_size = sizeof losses};
//   millrace_log_losses(log, &losses, &error);              // what could not be read
//   millrace_log_free(log);
#ifndef MILLRACE_C_LOG_H
#define MILLRACE_C_LOG_H

#include <stdbool.h>

#include "millrace/c/base.h"
#include "millrace/c/replay.h"
#include "millrace/c/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct millrace_log millrace_log;

/// Records that the aggregator took in one turn, in the order in which their worker pushed them. A record's identity
/// is (run, worker, worker_seq). What pointers show is valid during the visit.
typedef struct millrace_slice {
  size_t struct_size;             // the library's
  const millrace_log* log;        // for the names that are known so far
  const char* stream;             // its name
  const millrace_schema* schema;  // of its records
  const void* records;            // aligned to 8 bytes
  uint32_t count;                 // at least 1
  uint32_t record_size;
  uint64_t worker_seq;  // of the first record; the next has the next number
  uint32_t worker;
  uint32_t reserved;  // 0
  int64_t taken_ns;   // by the aggregator, CLOCK_MONOTONIC; 0: the process died before
  const char* file;   // where the records stand; NULL: in the ring of a process that died
  uint64_t offset;    // of the first, in the file
} millrace_slice;

/// Each slice of a run; false ends the reading. Called in the thread that reads.
typedef bool (*millrace_visit)(const millrace_slice* slice, void* context);

/// All zero: the last run of a log; its names and losses alone.
typedef struct millrace_log_options {
  size_t struct_size;
  const char* run;       // NULL or "last", or the beginning of a run's number
  const char* ring_dir;  // where rings are that are not in the folder; NULL
  millrace_visit visit;  // NULL: no record is asked for
  void* context;         // of visit
} millrace_log_options;

/// Reads one run of a log: each record that millrace_replay() reads, once, in the order of the log; those in the rings
/// of a process that died come last. Every checksum is verified before a record is shown. Nothing is written.
///   path     the folder.
///   options  NULL: all zero.
///   log      receives a handle; millrace_log_free() releases it.
///   Returns  MILLRACE_OK or a code. Damage and loss are no error: millrace_log_losses() has them.
///   Errors   NOT_FOUND: the folder, a log in it, the run. IO. FORMAT: another version. INVALID_ARGUMENT: an option.
///            OUT_OF_MEMORY.
///   Threads  any. A run that goes on is read as far as it is logged.
///   Cost     of one thread, some nanoseconds a record beside the visit. Memory: names, and a slice.
MILLRACE_API int millrace_log_read(const char* path, const millrace_log_options* options,
                                   millrace_log** log, millrace_error* error);

/// What a log tells beside its records.
///   index    from 0 until NULL comes.
///   stream   a stream's name.
///   number   of a label or an error class, as the records have it. 0 is none; 1 is "other", of those beyond
///            labels_max; what has no name, as it was lost, is "other" in reports.
///   Returns  a text, NULL if there is none: the number of the run that was read, 16 hexadecimal digits; of each run
///            in the folder, oldest first; each stream's name; its JSON as docs/log-format.md has it; a name. Or a
///            stream's schema, which is the log's.
///   Errors   none.   Threads  any; during a visit the thread that reads, for what is known so far.
///   Cost     nanoseconds.
MILLRACE_API const char* millrace_log_run(const millrace_log* log);
MILLRACE_API const char* millrace_log_run_at(const millrace_log* log, size_t index);
MILLRACE_API const char* millrace_log_stream_at(const millrace_log* log, size_t index);
MILLRACE_API const char* millrace_log_stream_text(const millrace_log* log, const char* stream);
MILLRACE_API const millrace_schema* millrace_log_schema(const millrace_log* log,
                                                        const char* stream);
MILLRACE_API const char* millrace_log_label(const millrace_log* log, uint16_t number);
MILLRACE_API const char* millrace_log_error_class(const millrace_log* log, uint16_t number);

/// What could not be read; `millrace verify` names the places.
///   losses   struct_size set; the rest is overwritten.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: struct_size; during a visit.   Threads  any.   Cost  nanoseconds.
MILLRACE_API int millrace_log_losses(const millrace_log* log, millrace_losses* losses,
                                     millrace_error* error);

/// Releases a log.
///   log      may be NULL.
///   Returns  nothing.
///   Errors   none.   Threads  any.   Cost  nanoseconds.
MILLRACE_API void millrace_log_free(millrace_log* log);

#ifdef __cplusplus
}
#endif

#endif
