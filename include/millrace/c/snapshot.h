// SPDX-License-Identifier: Apache-2.0
//
// Snapshot: live numbers, while workers push. Its percentiles are the live_percentiles of the options, by
// nearest rank, from a histogram: relative_error says how near they are.
//
//   millrace_snapshot *live;
//   if (millrace_snapshot_take(engine, &live, &error) == MILLRACE_OK) {
//     millrace_snapshot_percentile(live, &ttft, 99, &p99, NULL, &error);
//     millrace_snapshot_free(live);
//   }
#ifndef MILLRACE_C_SNAPSHOT_H
#define MILLRACE_C_SNAPSHOT_H

#include "millrace/c/base.h"
#include "millrace/c/engine.h"
#include "millrace/c/numbers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct millrace_snapshot millrace_snapshot;

/// Takes a snapshot that covers every push that returned before the call.
///   snapshot  receives a handle; millrace_snapshot_free() releases it, before or after the engine.
///   Returns   MILLRACE_OK or a code.
///   Errors    FAILED: in a forked child, or without memory for it.
///   Threads   any.   Cost  the caller waits for the aggregator's turn: milliseconds at most. Workers do not wait.
MILLRACE_API int millrace_snapshot_take(millrace_engine* engine, millrace_snapshot** snapshot,
                                        millrace_error* error);

/// Its accounts and when it was.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT.   Threads  any.   Cost  nanoseconds.
MILLRACE_API int millrace_snapshot_accounting(const millrace_snapshot* snapshot,
                                              millrace_accounting* accounting,
                                              millrace_error* error);

/// What became of the log so far.
///   Returns  MILLRACE_OK or a code.
///   Errors   NOT_FOUND: there is no log.   Threads  any.   Cost  nanoseconds.
MILLRACE_API int millrace_snapshot_log(const millrace_snapshot* snapshot, millrace_log_account* log,
                                       millrace_error* error);

/// Numbers of a stream, of one metric.
///   query    of all records: label NULL, MILLRACE_SELECT_ALL.
///   Returns  MILLRACE_OK or a code.
///   Errors   NOT_FOUND: the stream, the metric. INVALID_ARGUMENT: a selection, which a summary alone has.
///   Threads  any.   Cost  nanoseconds.
MILLRACE_API int millrace_snapshot_stream(const millrace_snapshot* snapshot,
                                          const millrace_query* query,
                                          millrace_stream_numbers* numbers, millrace_error* error);
MILLRACE_API int millrace_snapshot_metric(const millrace_snapshot* snapshot,
                                          const millrace_query* query,
                                          millrace_metric_numbers* numbers, millrace_error* error);

/// A percentile.
///   query           as above; nearest rank.
///   p               one of the options' live_percentiles.
///   value           receives it; NaN while there is no value.
///   relative_error  receives its bound; may be NULL.
///   Returns         MILLRACE_OK or a code.
///   Errors          NOT_FOUND: the stream, the metric, or p is not among the live percentiles. INVALID_ARGUMENT.
///   Threads         any.   Cost  nanoseconds.
MILLRACE_API int millrace_snapshot_percentile(const millrace_snapshot* snapshot,
                                              const millrace_query* query, double p, double* value,
                                              double* relative_error, millrace_error* error);

/// Releases a snapshot.
///   snapshot  may be NULL.
///   Returns   nothing.
///   Errors    none.   Threads  any.   Cost  nanoseconds.
MILLRACE_API void millrace_snapshot_free(millrace_snapshot* snapshot);

#ifdef __cplusplus
}
#endif

#endif
