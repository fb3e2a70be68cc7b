// SPDX-License-Identifier: Apache-2.0
//
// Replay: logs, or the files of other tools, to the summary that a run gives.
//
//   const char *const inputs[] = {"run"};
//   millrace_summary *summary;
//   if (millrace_replay(inputs, 1, NULL, &summary, &error) != MILLRACE_OK) ...
//   millrace_losses losses = {.struct_size = sizeof losses};
//   millrace_replay_losses(summary, &losses, &error);
//   if (!losses.whole) ...
#ifndef MILLRACE_C_REPLAY_H
#define MILLRACE_C_REPLAY_H

#include <stdbool.h>

#include "millrace/c/base.h"
#include "millrace/c/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/// How far a replay is; false ends it. Called now and then, by whichever thread reads, one at a time.
typedef bool (*millrace_progress)(uint64_t bytes, uint64_t records, void* context);

/// All zero: the last run of a log, all cores.
typedef struct millrace_replay_options {
  size_t struct_size;
  uint32_t threads;  // 0: one a core. The numbers are the same
  uint32_t rule;     // MILLRACE_RULE_ of `percentiles`
  const double*
      percentiles;  // of logs, found in one go; NULL: 50, 90, 95, 99, 99.9. Others cost a pass
  size_t percentiles_size;
  const millrace_limit*
      goodput;  // of the first stream, instead of a log's own; NULL: none of its own
  size_t goodput_size;
  const char* run;             // of logs: NULL or "last", "all", or the beginning of a run's number
  const char* ring_dir;        // of logs: where rings are that are not in the folder; NULL
  const char* map_file;        // of files: how JSON lines are read (docs/jsonl-map.md); NULL
  const char* format;          // of files: "llmeter", "guidellm"; NULL: told from the content
  millrace_progress progress;  // NULL: none
  void* context;               // of progress
} millrace_replay_options;

/// Reads logs of millrace, one or several, or files: llmeter's run folders and responses.jsonl, guidellm's
/// benchmarks.json, JSON lines with a map; plain, gzip or zstd. Nothing is written.
///   inputs   `count` paths, read as one in this order; "-": stdin.
///   options  NULL: all zero.
///   summary  receives a handle; millrace_summary_free() releases it. Files have one stream, "requests".
///   Returns  MILLRACE_OK or a code. Damage and loss are no error: millrace_replay_losses() has them.
///   Errors   NOT_FOUND, IO: an input. FORMAT: it cannot be told, or is of another version. INVALID_ARGUMENT: an
///            option; logs and files together. OUT_OF_MEMORY.
///   Threads  any; the call uses `threads` and returns when they are done.
///   Cost     docs/benchmarks.md: some ten to some hundred nanoseconds a record, a core.
MILLRACE_API int millrace_replay(const char* const* inputs, size_t count,
                                 const millrace_replay_options* options, millrace_summary** summary,
                                 millrace_error* error);

/// What a replay could not read, of all runs and files.
typedef struct millrace_losses {
  size_t struct_size;
  uint32_t whole;        // 1: nothing is missing
  uint32_t closed;       // of logs 1: each run was closed, by finish or by recovery; else 1
  uint32_t alive;        // of logs 1: a process has one of the runs open
  uint32_t interrupted;  // 1: millrace_progress ended it
  uint64_t records;      // read
  uint64_t damaged;      // places of logs, or lines, that are not what they should be
  uint64_t missing;      // logged, and not readable
  uint64_t dropped;      // in segments that were removed
  uint64_t unlogged;     // aggregated while the log had stopped
  uint64_t lost;         // accepted, and died with the process
  uint64_t from_rings;   // of `records`: pushed, and not in a segment
} millrace_losses;

/// The losses of a replay.
///   summary  of millrace_replay().
///   losses   struct_size set; the rest is overwritten.
///   Returns  MILLRACE_OK or a code.
///   Errors   NOT_FOUND: the summary is a run's own, whose log millrace_summary_log() tells of.
///   Threads  any.   Cost  nanoseconds.
MILLRACE_API int millrace_replay_losses(const millrace_summary* summary, millrace_losses* losses,
                                        millrace_error* error);

#ifdef __cplusplus
}
#endif

#endif
