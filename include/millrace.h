// SPDX-License-Identifier: Apache-2.0
//
// millrace in C: worker threads push records, one aggregator thread keeps exact statistics of them. All of
// <millrace/millrace.hpp> that a load generator needs, for C99, C++ and whatever calls C.
//
//   millrace_error error = MILLRACE_ERROR_INIT;
//   millrace_engine *engine;
//   millrace_schema *schema;
//   millrace_stream *requests;
//   if (millrace_open(NULL, &engine, &error) != MILLRACE_OK ||
//       millrace_schema_builtin(MILLRACE_RECORD_REQUEST, &schema, &error) != MILLRACE_OK ||
//       millrace_stream_open(engine, "requests", schema, NULL, &requests, &error) != MILLRACE_OK) {
//     fprintf(stderr, "%s\n", error.message);
//     return 1;
//   }
//   ...                                    each thread: millrace_worker_open(), millrace_push()
//   millrace_summary *summary;
//   millrace_finish(engine, &summary, &error);
//
// docs/examples/c has a whole program; docs/c-api.md says how to link. By header:
//   millrace/c/version.h   the version, for the preprocessor
//   millrace/c/base.h      codes and texts of errors, versions of the library, what holds for every function and struct
//   millrace/c/record.h    the built-in records
//   millrace/c/schema.h    schemas: built-in ones and your own
//   millrace/c/engine.h    open, streams, names, flush, finish, close
//   millrace/c/worker.h    push, claim and commit
//   millrace/c/numbers.h   structs in which numbers come
//   millrace/c/snapshot.h  live numbers
//   millrace/c/summary.h   final numbers, exact percentiles, reports
//   millrace/c/replay.h    logs and files to the same numbers
//   millrace/c/log.h       the records of a log
//   millrace/c/values.h    exact percentiles and means of numbers that belong to no record
//   millrace/c/distribution.h  of numbers that weigh unequally, of concurrency and of rates
#ifndef MILLRACE_H
#define MILLRACE_H

#include "millrace/c/base.h"
#include "millrace/c/distribution.h"
#include "millrace/c/engine.h"
#include "millrace/c/log.h"
#include "millrace/c/numbers.h"
#include "millrace/c/record.h"
#include "millrace/c/replay.h"
#include "millrace/c/schema.h"
#include "millrace/c/snapshot.h"
#include "millrace/c/summary.h"
#include "millrace/c/values.h"
#include "millrace/c/version.h"
#include "millrace/c/worker.h"

#endif
