// SPDX-License-Identifier: Apache-2.0
//
// Values: lists of numbers, each kept whole, that answer percentiles and exact means at any time: what an
// engine keeps of its metrics, for who has numbers and no stream of records.
//
//   millrace_values *values;
//   millrace_values_new(2, 0, &values, &error);              // lists 0 and 1
//   millrace_values_add(values, 0, &latency, 1, &error);
//   millrace_values_percentiles(values, &list, 1, ps, 3, MILLRACE_RULE_EXCLUSIVE, out, &error);
//   millrace_values_free(values);
//
// Union     Where several lists are asked for, they are taken together.
// Memory    8.4 to 11.5 bytes a number (docs/benchmarks.md); equal ones much less.
// Zero      -0.0 may come back as 0.0.
// Threads   One at a time for all lists of a handle.
#ifndef MILLRACE_C_VALUES_H
#define MILLRACE_C_VALUES_H

#include "millrace/c/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct millrace_values millrace_values;

#define MILLRACE_VALUE_LISTS_MAX 4096

/// Makes empty lists.
///   lists      how many, 1 to MILLRACE_VALUE_LISTS_MAX.
///   bytes_max  of numbers, of all lists together; 0: as the system has.
///   values     receives a handle; millrace_values_free() releases it.
///   Returns    MILLRACE_OK or a code.
///   Errors     INVALID_ARGUMENT: `lists`. OUT_OF_MEMORY.
///   Threads    any.   Cost  about 1.3 KiB a list.
MILLRACE_API int millrace_values_new(size_t lists, uint64_t bytes_max, millrace_values** values,
                                     millrace_error* error);

/// Adds numbers to a list.
///   list     from 0.
///   numbers  `count` of them, one after the other; infinities are numbers.
///   Returns  MILLRACE_OK or a code: then none of them was added.
///   Errors   INVALID_ARGUMENT: the list, a NaN. LIMIT: bytes_max, or the system's memory, is used up: all lists
///            have lost their numbers, and every later call for them, but of counts and means, says the same.
///   Threads  one at a time.   Cost  5 ns a number; a call some ten.
MILLRACE_API int millrace_values_add(millrace_values* values, size_t list, const double* numbers,
                                     size_t count, millrace_error* error);

/// How many numbers a list has; 0 for a list that is not there.
///   Returns  the number.
///   Errors   none.   Threads  one at a time.   Cost  nothing.
MILLRACE_API uint64_t millrace_values_count(const millrace_values* values, size_t list);

/// What all lists take.
///   Returns  bytes that the process holds for the numbers; 0 for NULL.
///   Errors   none.   Threads  one at a time.   Cost  nothing.
MILLRACE_API uint64_t millrace_values_bytes(const millrace_values* values);

/// The numbers of a list in ascending order.
///   numbers  receives them: room for millrace_values_count().
///   room     how many fit.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: the list; too little room. LIMIT: the numbers are lost. OUT_OF_MEMORY.
///   Threads  one at a time.   Cost  about 15 ns a number.
MILLRACE_API int millrace_values_sorted(const millrace_values* values, size_t list, double* numbers,
                                        size_t room, millrace_error* error);

/// Percentiles, by a selection and not by sorting.
///   lists, lists_size  which lists, taken together.
///   ps, count          each 0 to 100.
///   rule               MILLRACE_RULE_.
///   percentiles        receives `count`; NaN when there is no number.
///   Returns            MILLRACE_OK or a code.
///   Errors             INVALID_ARGUMENT: a list, a p, the rule. LIMIT: the numbers are lost. OUT_OF_MEMORY.
///   Threads            one at a time.   Cost  microseconds.
MILLRACE_API int millrace_values_percentiles(const millrace_values* values, const size_t* lists,
                                             size_t lists_size, const double* ps, size_t count,
                                             int rule, double* percentiles, millrace_error* error);

/// The mean: computed over the rationals and rounded once, as Python's statistics.mean() does.
///   lists, lists_size  which lists, taken together.
///   mean               receives it; NaN when there is no number.
///   rounded            receives 1 when the mean is no double and this is the nearest, else 0; may be NULL.
///   Returns            MILLRACE_OK or a code.
///   Errors             INVALID_ARGUMENT: a list.
///   Threads            one at a time.   Cost  a microsecond.
MILLRACE_API int millrace_values_mean(const millrace_values* values, const size_t* lists,
                                      size_t lists_size, double* mean, int* rounded,
                                      millrace_error* error);

/// Releases all lists.
///   values   may be NULL.
///   Returns  nothing.
///   Errors   none.   Threads  the last that uses it.   Cost  what the numbers take to be freed.
MILLRACE_API void millrace_values_free(millrace_values* values);

#ifdef __cplusplus
}
#endif

#endif
