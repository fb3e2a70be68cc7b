// SPDX-License-Identifier: Apache-2.0
//
// The structs in which numbers come, and the question that they answer. Who asks sets struct_size; the rest of
// a struct that is given back is overwritten.
//
// Empty     count is 0, sum is 0, every other number of a metric is NaN.
#ifndef MILLRACE_C_NUMBERS_H
#define MILLRACE_C_NUMBERS_H

#include "millrace/c/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  MILLRACE_SELECT_ALL = 0,
  MILLRACE_SELECT_OK = 1,
  MILLRACE_SELECT_ERROR = 2,
  MILLRACE_SELECT_INCOMPLETE = 3
};

/// Which records and which of their metrics a number is about. Zero means all, and nearest rank.
///
///   millrace_query ttft = {.struct_size = sizeof ttft, .stream = "requests", .metric = "time_to_first_token"};
typedef struct millrace_query {
  size_t struct_size;
  const char* stream;
  const char* metric;  // not looked at where a stream is asked for
  const char* label;   // NULL: all; "": records without one. One that no record has: none
  uint32_t select;     // MILLRACE_SELECT_
  uint32_t rule;       // MILLRACE_RULE_, of percentiles
} millrace_query;

/// attempted = accepted + rejected; accepted = aggregated + in_flight.
typedef struct millrace_accounting {
  size_t struct_size;
  uint64_t attempted, accepted, rejected, aggregated, in_flight;
  uint64_t rejected_full, rejected_closed, rejected_reentrant;  // which make up rejected
  int64_t elapsed_ns;  // since open; of a summary until finish
} millrace_accounting;

/// aggregated = logged + unlogged.
typedef struct millrace_log_account {
  size_t struct_size;
  const char* dir;
  const char* error;  // why the log stopped; ""
  uint64_t logged;
  uint64_t unlogged;  // aggregated while the log had stopped
  uint64_t durable;   // that a sync has covered
  uint64_t dropped;   // in segments that log_bytes_max removed
  uint64_t segments, bytes;
  uint32_t stopped;  // 1: the log stopped
  uint32_t mapped;   // 0: written by pwrite
} millrace_log_account;

#define MILLRACE_NO_COUNT UINT64_MAX

typedef struct millrace_stream_numbers {
  size_t struct_size;
  uint64_t count;                         // records that the query selects
  uint64_t by_status[MILLRACE_STATUSES];  // of all labels
  uint64_t good;  // met every limit; MILLRACE_NO_COUNT: there was none, or a snapshot
  uint64_t notices, before, after, untimed;  // left out: no results, warmup, cooldown, of no time
  int64_t first_start_ns, last_start_ns, first_end_ns, last_end_ns;  // MILLRACE_ABSENT_TIME: none
} millrace_stream_numbers;

typedef struct millrace_metric_numbers {
  size_t struct_size;
  uint64_t count;
  uint64_t absent;   // records without a value
  uint64_t invalid;  // outside the metric's domain
  double sum, mean;
  double variance, deviation;  // of the population
  double skewness, kurtosis;   // of a summary; kurtosis 0 for a normal distribution
  double min, max;
  double relative_error;  // bound of percentiles; 0: they are exact
  uint32_t exact;         // 1: percentiles are exact
  uint32_t unit;          // MILLRACE_UNIT_
} millrace_metric_numbers;

/// Bytes.
typedef struct millrace_memory {
  size_t struct_size;
  uint64_t rings;   // workers_max rings of request records
  uint64_t values;  // exact ones
  uint64_t labels;
  uint64_t log_pages;  // in the page cache
  uint64_t passes;     // millrace_finish() with low_memory
  uint64_t total;
} millrace_memory;

#ifdef __cplusplus
}
#endif

#endif
