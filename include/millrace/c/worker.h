// SPDX-License-Identifier: Apache-2.0
//
// Worker: the handle through which one thread pushes records.
//
//   millrace_worker *worker;
//   if (millrace_worker_open(requests, sizeof(millrace_request_record), &worker, &error) != MILLRACE_OK) ...
//   for (;;) {
//     record = blank;
//     ...
//     if (!millrace_push(worker, &record)) ...      refused, and counted
//   }
//   millrace_worker_close(worker);
//
// Cost      A push takes no lock, makes no system call, allocates nothing and reads no clock: a call, two tests, a
//           copy, one release store and three loads. docs/benchmarks.md has the figures beside C++, where the
//           call is inlined. It is a function and not inline code in this header, so that the layout of a
//           worker is no part of the ABI.
// Threads   One thread at a time has a worker; another may take it over if the hand-over itself synchronises (a
//           join, a mutex, a channel). Not for signal handlers: a push that interrupts one of the same worker
//           is refused and counted as reentrant.
// Lifetime  May outlive its engine.
#ifndef MILLRACE_C_WORKER_H
#define MILLRACE_C_WORKER_H

#include <stdbool.h>

#include "millrace/c/base.h"
#include "millrace/c/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct millrace_worker millrace_worker;

/// A worker for the calling thread.
///   stream       of an engine that is open.
///   record_size  sizeof the struct that will be pushed: asked once, here, and not at each push.
///   worker       receives a handle; millrace_worker_close() releases it.
///   Returns      MILLRACE_OK or a code.
///   Errors       INVALID_ARGUMENT: record_size is not the schema's. LIMIT: workers_max have been opened. CLOSED.
///                IO: no room for the ring's file. OUT_OF_MEMORY.
///   Threads      any.
///   Cost         the ring is made and touched: 2 MiB as a rule, about a millisecond; a slot that another worker left
///                is used again.
MILLRACE_API int millrace_worker_open(millrace_stream* stream, size_t record_size,
                                      millrace_worker** worker, millrace_error* error);

/// Pushes a copy of a record.
///   record   of the size that was given at open, at any address that suits its fields.
///   Returns  true: it was accepted, and will be in the statistics, and in the log after a kill -9. false: it was
///            refused, and counted by reason (millrace_worker_rejected()); for NULL, which is not counted.
///   Errors   full ring, finished engine, forked child, between claim and commit: false.
///   Threads  the worker's.
///   Cost     see above; once in some hundred records a new block is opened: one enqueue of a pointer. With
///            MILLRACE_OVERFLOW_WAIT it waits while the ring is full.
MILLRACE_API bool millrace_push(millrace_worker* worker, const void* record);

/// Pushes `count` records that lie one after the other, as so many millrace_push().
///   Returns  how many were accepted. Each is tried, so that each that is not is counted by reason. If fewer were,
///            which ones is not told; with MILLRACE_OVERFLOW_WAIT they are the first.
///   Errors, Threads  as of millrace_push().
///   Cost     that of the pushes, with one call for all.
MILLRACE_API size_t millrace_push_many(millrace_worker* worker, const void* records, size_t count);

/// Room for one record in the worker's ring, to be filled in place and pushed by millrace_commit().
///   Returns  a blank record, aligned to 8 bytes: built-in ones as millrace_..._record_init() makes them, others all
///            zero. NULL: refused and counted, or the worker is NULL. Until commit, pushes of this worker are
///            refused as reentrant, and a second claim gives the same room, blank again.
///   Errors   as of millrace_push(): NULL.
///   Threads  the worker's.
///   Cost     as a push, its copy being that of the blank record.
MILLRACE_API void* millrace_claim(millrace_worker* worker);

/// Pushes the record that was claimed. The room must not be touched afterwards.
///   Returns  as millrace_push(); false, too, when nothing is claimed.
///   Errors   as of millrace_push(): false.
///   Threads  the worker's.   Cost  a call, a release store, some loads.
MILLRACE_API bool millrace_commit(millrace_worker* worker);

/// The worker's number in its run, from 1, never used again; 0 for NULL.
///   Returns  the number.
///   Errors   none.   Threads  the worker's.   Cost  nothing.
MILLRACE_API uint32_t millrace_worker_id(const millrace_worker* worker);

/// How many records were accepted; 0 for NULL.
///   Returns  the number.
///   Errors   none.   Threads  the worker's.   Cost  nothing.
MILLRACE_API uint64_t millrace_worker_accepted(const millrace_worker* worker);

/// Refused pushes, by reason.
typedef struct millrace_rejected {
  size_t struct_size;
  uint64_t full;       // no room in the ring
  uint64_t closed;     // the engine is finished
  uint64_t forked;     // in a child process; counted there only
  uint64_t reentrant;  // from inside a push, or between claim and commit
} millrace_rejected;

/// Refused pushes of this worker.
///   rejected  struct_size set; the rest is overwritten.
///   Returns   MILLRACE_OK or a code.
///   Errors    INVALID_ARGUMENT.   Threads  the worker's.   Cost  some loads.
MILLRACE_API int millrace_worker_rejected(const millrace_worker* worker,
                                          millrace_rejected* rejected, millrace_error* error);

/// Releases a worker: what is in its last block is handed over. What was claimed and not committed is not pushed.
///   worker   may be NULL.
///   Returns  nothing.
///   Errors   none.   Threads  the worker's.   Cost  a lock.
MILLRACE_API void millrace_worker_close(millrace_worker* worker);

#ifdef __cplusplus
}
#endif

#endif
