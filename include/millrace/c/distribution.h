// SPDX-License-Identifier: Apache-2.0
//
// Distribution: what is said of numbers that weigh unequally, of how many requests are under way at a time, and of
// how many end a second, by the definitions of guidellm 0.2.1 (docs/definitions.md). For numbers and times
// that are in memory; millrace_replay() and `millrace replay --profile` have the same of records.
//
//   millrace_distribution *levels;
//   millrace_distribution_of_concurrency(starts, ends, count, 1e-6, &levels, &error);
//   millrace_distribution_numbers numbers = {.struct_size = sizeof numbers};
//   millrace_distribution_summary(levels, &numbers, &error);
//   millrace_distribution_free(levels);
//
// Percentile  The least value at which the weights, added up in the order of the values, reach p of their sum.
// Times       Seconds of any origin; what is computed of them is computed as doubles.
// Empty       Of nothing every number is 0.
// Threads     A distribution does not change: any number of threads may ask it at the same time.
#ifndef MILLRACE_C_DISTRIBUTION_H
#define MILLRACE_C_DISTRIBUTION_H

#include "millrace/c/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct millrace_distribution millrace_distribution;

/// Of values, each with its weight.
///   values        `count` of them. A NaN is the greatest value, and makes sums and means NaN.
///   weights       as many, finite and not negative; NULL: all the same.
///   distribution  receives a handle; millrace_distribution_free() releases it.
///   Returns       MILLRACE_OK or a code.
///   Errors        INVALID_ARGUMENT: a weight, or weights that are all 0. OUT_OF_MEMORY.
///   Threads       any.   Cost  about 30 ns a value.
MILLRACE_API int millrace_distribution_of_values(const double* values, const double* weights,
                                                 size_t count, millrace_distribution** distribution,
                                                 millrace_error* error);

/// Of how many requests are under way, each level weighing the time for which it held.
///   starts, ends  `count` of each, finite.
///   near_seconds  events within it of one another are one; not negative.
///   distribution, Returns, Threads  as of millrace_distribution_of_values().
///   Errors        INVALID_ARGUMENT: a time, near_seconds. OUT_OF_MEMORY.
///   Cost          about 60 ns a request.
MILLRACE_API int millrace_distribution_of_concurrency(const double* starts, const double* ends,
                                                      size_t count, double near_seconds,
                                                      millrace_distribution** distribution,
                                                      millrace_error* error);

/// Of how many requests end a second: each end, over the way to the next.
///   As millrace_distribution_of_concurrency().
///   Returns       MILLRACE_OK or a code.
///   Errors        as there.   Threads  any.   Cost  about 60 ns a request.
MILLRACE_API int millrace_distribution_of_rate(const double* starts, const double* ends,
                                               size_t count, double near_seconds,
                                               millrace_distribution** distribution,
                                               millrace_error* error);

#define MILLRACE_ITERATIONS_MAX 1000000000

/// Of iterations a second, e.g. tokens: first_counts at first_times, and the other counts - 1 evenly from
/// there to the end.
///   first_times   `count` of them, finite.
///   first_counts  as many, 0 to MILLRACE_ITERATIONS_MAX; NULL: 1 each.
///   counts        as many, 0 to MILLRACE_ITERATIONS_MAX.
///   starts, ends, near_seconds, distribution, Returns, Threads  as above.
///   Errors        INVALID_ARGUMENT: a time, a number of iterations, near_seconds. OUT_OF_MEMORY.
///   Cost          about 30 ns and 8 bytes an iteration.
MILLRACE_API int millrace_distribution_of_iterations(
    const double* starts, const double* ends, const double* first_times,
    const int64_t* first_counts, const int64_t* counts, size_t count, double near_seconds,
    millrace_distribution** distribution, millrace_error* error);

typedef struct millrace_distribution_numbers {
  size_t struct_size;
  uint64_t count;              // of values; of concurrency and rates: values that differ
  uint64_t distinct;           // values that differ
  double mean, mode;           // mode: of the value that weighs most, alone and not with its equals
  double variance, deviation;  // of the population
  double min, max;
  double total;            // of the values, without their weights
  double percentiles[11];  // 0.1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9
} millrace_distribution_numbers;

/// Its numbers.
///   numbers  struct_size set; the rest is overwritten.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT.   Threads  any.   Cost  nanoseconds.
MILLRACE_API int millrace_distribution_summary(const millrace_distribution* distribution,
                                               millrace_distribution_numbers* numbers,
                                               millrace_error* error);

/// The values that differ, in ascending order, and for each the part of all weight that it and those
/// before it have.
///   values, parts  receive them: room for `distinct`.
///   room           how many fit.
///   Returns        MILLRACE_OK or a code.
///   Errors         INVALID_ARGUMENT: too little room.   Threads  any.   Cost  a copy.
MILLRACE_API int millrace_distribution_curve(const millrace_distribution* distribution,
                                             double* values, double* parts, size_t room,
                                             millrace_error* error);

/// Releases a distribution.
///   distribution  may be NULL.
///   Returns       nothing.
///   Errors        none.   Threads  the last that uses it.   Cost  microseconds.
MILLRACE_API void millrace_distribution_free(millrace_distribution* distribution);

#ifdef __cplusplus
}
#endif

#endif
