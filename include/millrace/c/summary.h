// SPDX-License-Identifier: Apache-2.0
//
// Summary: the final numbers of a run or a replay, by stream, metric, status and label; percentiles are exact, or
// say by how much not.
//
//   const double ps[] = {50, 99, 99.9};
//   double values[3];
//   millrace_summary_percentiles(summary, &ttft, ps, 3, values, NULL, &error);
//
// Threads   A summary does not change: any number of threads may ask it at the same time.
#ifndef MILLRACE_C_SUMMARY_H
#define MILLRACE_C_SUMMARY_H

#include "millrace/c/base.h"
#include "millrace/c/engine.h"
#include "millrace/c/numbers.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The accounts of the run.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT.   Threads  any.   Cost  nanoseconds.
MILLRACE_API int millrace_summary_accounting(const millrace_summary* summary,
                                             millrace_accounting* accounting,
                                             millrace_error* error);

/// What became of the log of the run that made the summary.
///   Returns  MILLRACE_OK or a code.
///   Errors   NOT_FOUND: it wrote none.   Threads  any.   Cost  nanoseconds.
MILLRACE_API int millrace_summary_log(const millrace_summary* summary, millrace_log_account* log,
                                      millrace_error* error);

/// A checksum of all numbers. That of millrace_finish() and that of the log's replay are equal when nothing is
/// missing.
///   digest   receives it.
///   Returns  MILLRACE_OK or a code.
///   Errors   OUT_OF_MEMORY.   Threads  any.   Cost  milliseconds; when values are not in memory a pass over the log.
MILLRACE_API int millrace_summary_digest(const millrace_summary* summary, uint64_t* digest,
                                         millrace_error* error);

/// Numbers of a stream.
///   query    stream, label and select.
///   Returns  MILLRACE_OK or a code.
///   Errors   NOT_FOUND: the stream.   Threads  any.   Cost  microseconds.
MILLRACE_API int millrace_summary_stream(const millrace_summary* summary,
                                         const millrace_query* query,
                                         millrace_stream_numbers* numbers, millrace_error* error);

/// Numbers of a metric.
///   query    stream, metric, label and select.
///   Returns  MILLRACE_OK or a code.
///   Errors   NOT_FOUND: the stream or the metric.   Threads  any.   Cost  microseconds.
MILLRACE_API int millrace_summary_metric(const millrace_summary* summary,
                                         const millrace_query* query,
                                         millrace_metric_numbers* numbers, millrace_error* error);

/// Percentiles of a metric.
///   query            all of it.
///   ps               `count` of them, each 0 to 100.
///   values           receives as many; NaN when there is no value.
///   relative_errors  receives the bound of each; 0: exact. May be NULL.
///   Returns          MILLRACE_OK or a code.
///   Errors           NOT_FOUND: the stream or the metric. INVALID_ARGUMENT: a p. OUT_OF_MEMORY.
///   Threads          any.
///   Cost             microseconds each; when values are not in memory, a pass over the log for those that
///                    were not asked for at open or by millrace_summary_prepare().
MILLRACE_API int millrace_summary_percentiles(const millrace_summary* summary,
                                              const millrace_query* query, const double* ps,
                                              size_t count, double* values, double* relative_errors,
                                              millrace_error* error);

/// Makes percentiles of all metrics exact in as few passes over the log as it takes; nothing to do when values are in
/// memory.
///   ps, count  each 0 to 100.
///   rule       MILLRACE_RULE_.
///   by_label   1: those of each label, too.
///   Returns    MILLRACE_OK or a code.
///   Errors     INVALID_ARGUMENT: a p, the rule. OUT_OF_MEMORY.   Threads  any.   Cost  passes over the log.
MILLRACE_API int millrace_summary_prepare(const millrace_summary* summary, const double* ps,
                                          size_t count, int rule, int by_label,
                                          millrace_error* error);

/// Names, one after the other: `index` from 0 until NULL comes.
///   stream   the stream's name.
///   records  receives how many records have the error class; may be NULL.
///   Returns  a text that lives as long as the summary. NULL: there is none of this index, or no such stream.
///            Labels and error classes come in order of first use; "" stands for records without a label.
///   Errors   none.   Threads  any.   Cost  nanoseconds.
MILLRACE_API const char* millrace_summary_stream_name(const millrace_summary* summary,
                                                      size_t index);
MILLRACE_API const char* millrace_summary_metric_name(const millrace_summary* summary,
                                                      const char* stream, size_t index);
MILLRACE_API const char* millrace_summary_label_name(const millrace_summary* summary,
                                                     const char* stream, size_t index);
MILLRACE_API const char* millrace_summary_error_name(const millrace_summary* summary,
                                                     const char* stream, size_t index,
                                                     uint64_t* records);

enum {
  MILLRACE_REPORT_TEXT = 0,  // as `millrace replay` prints it
  MILLRACE_REPORT_JSON = 1,  // docs/json-schema.md
  MILLRACE_REPORT_HTML = 2   // one page with charts
};
enum { MILLRACE_BY_NONE = 0, MILLRACE_BY_STATUS = 1, MILLRACE_BY_LABEL = 2 };

/// All zero: a text, by nearest rank, of the percentiles 50, 90, 95, 99 and 99.9.
typedef struct millrace_report_options {
  size_t struct_size;
  uint32_t format;            // MILLRACE_REPORT_
  uint32_t by;                // MILLRACE_BY_
  uint32_t rule;              // MILLRACE_RULE_
  uint32_t reserved;          // 0
  const double* percentiles;  // NULL: as above
  size_t percentiles_size;
} millrace_report_options;

/// All numbers as a text.
///   options  NULL: all zero.
///   text     receives it; millrace_text_free() releases it.
///   size     receives its bytes, without the NUL at the end; may be NULL.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: an option. OUT_OF_MEMORY; but of MILLRACE_REPORT_JSON a lack of memory may end the
///            process: the JSON library's destructors take some.
///   Threads  any.   Cost  milliseconds; passes over the log as of millrace_summary_percentiles().
MILLRACE_API int millrace_summary_report(const millrace_summary* summary,
                                         const millrace_report_options* options, char** text,
                                         size_t* size, millrace_error* error);

/// Releases a text of millrace_summary_report().
///   text     may be NULL.
///   Returns  nothing.
///   Errors   none.   Threads  any.   Cost  nanoseconds.
MILLRACE_API void millrace_text_free(char* text);

/// Releases a summary.
///   summary  may be NULL.
///   Returns  nothing.
///   Errors   none.   Threads  the last that uses it.   Cost  what its values take to be freed.
MILLRACE_API void millrace_summary_free(millrace_summary* summary);

#ifdef __cplusplus
}
#endif

#endif
