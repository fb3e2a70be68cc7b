// SPDX-License-Identifier: Apache-2.0
//
// What holds for every function and struct of the C interface.
//
// Version   MILLRACE_C_ABI_VERSION is that of these headers, millrace_abi_version() that of the library. It
//           changes when a program that was compiled before would break, and the library's SONAME with it.
//           New functions, constants, and fields at the end of a struct do not change it.
// Structs   The first field, struct_size, is sizeof the struct as the caller was compiled. The library reads
//           and writes no byte beyond it. What a caller's older struct lacks has its default; what a newer one has
//           beyond the library's must be zero. Another size is MILLRACE_ERROR_INVALID_ARGUMENT. Records
//           (millrace/c/record.h) have no such field: their layout is their schema.
// Handles   Pointers to structs whose contents are the library's. Each has one function that releases it, which
//           does nothing for NULL. A handle must not be used after that; every other wrong use is an error.
// Returns   Functions that return int return MILLRACE_OK, which is 0, or a MILLRACE_ERROR_ code. They take a
//           millrace_error last, which may be NULL. A handle or number that they would have given is then
//           NULL or untouched.
// NULL      Where it is not said to be allowed, a pointer that is NULL is MILLRACE_ERROR_INVALID_ARGUMENT.
// Texts     UTF-8, NUL-terminated. What is passed in is copied before the call returns. What comes out belongs to
//           the handle that it was asked of, and lives as long, unless another way is said.
// Threads   Any function may be called from any thread, at the same time as others, but for those of a worker:
//           one thread at a time. Who releases a handle sees to it that no other thread is using it.
// Callbacks Must return, and must not call millrace_flush(), millrace_finish() or millrace_close().
// fork      In a child the parent's engines and workers refuse; releasing them there does nothing to the parent.
// C++       No exception leaves the library, and none may be thrown through it by a callback.
#ifndef MILLRACE_C_BASE_H
#define MILLRACE_C_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifndef MILLRACE_API
#define MILLRACE_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define MILLRACE_C_ABI_VERSION 1

/// The library's MILLRACE_C_ABI_VERSION, for who loads it at run time and for bindings: one that differs from
/// the header's must not be used.
///   Returns  the number.
///   Errors   none.   Threads  any.   Cost  nothing.
MILLRACE_API uint32_t millrace_abi_version(void);

/// The library's version, "0.1.0": for people. What it can do is told by its functions.
///   Returns  a text that is always there.
///   Errors   none.   Threads  any.   Cost  nothing.
MILLRACE_API const char* millrace_version(void);

enum {
  MILLRACE_OK = 0,
  MILLRACE_ERROR_INVALID_ARGUMENT =
      1,                         // an option, a schema or a call that cannot be served as it is
  MILLRACE_ERROR_NOT_FOUND = 2,  // a file, a stream, a metric that is not there
  MILLRACE_ERROR_IO = 3,         // the operating system refused; the text has its words
  MILLRACE_ERROR_FORMAT = 4,     // bytes that are not what they should be
  MILLRACE_ERROR_LIMIT = 5,      // a stated bound was reached
  MILLRACE_ERROR_OUT_OF_MEMORY = 6,
  MILLRACE_ERROR_CLOSED = 7,  // the engine is finished
  MILLRACE_ERROR_FAILED = 8   // the aggregator stopped on an error; the text says which
};

/// Where a function puts what went wrong: memory of the caller's. Not a thread's last error, because a
/// goroutine or a coroutine may ask for it on another thread than the one that failed; and there is nothing
/// to release, and nothing that the next call overwrites.
///
///   millrace_error error = MILLRACE_ERROR_INIT;
///   if (millrace_flush(engine, &error) != MILLRACE_OK) fprintf(stderr, "%s\n", error.message);
///
/// A function that succeeds sets the code to MILLRACE_OK and the message to "". One whose struct_size is
/// less than 24 is taken for NULL.
typedef struct millrace_error {
  size_t struct_size;
  int32_t code;       // what the function returned
  uint32_t reserved;  // 0
  char message[496];  // one line: what, where, and what to do; cut where it does not fit
} millrace_error;

// clang-format off
#define MILLRACE_ERROR_INIT { sizeof(millrace_error), MILLRACE_OK, 0, "" }
// clang-format on

/// A word for a code, as strerror() has for errno: "not found".
///   code     any number.
///   Returns  a text that is always there; "unknown" of a number that is no code.
///   Errors   none.   Threads  any.   Cost  nothing.
MILLRACE_API const char* millrace_code_text(int code);

// Of a field that did not happen; it enters no statistic.
#define MILLRACE_ABSENT_TIME INT64_MIN
#define MILLRACE_ABSENT_COUNT INT32_MIN

enum {
  MILLRACE_STATUS_OK = 0,
  MILLRACE_STATUS_ERROR = 1,
  MILLRACE_STATUS_INCOMPLETE = 2,
  MILLRACE_STATUSES = 3
};

/// What a record tells of. A result counts; the others are kept, and enter no statistic of results.
enum {
  MILLRACE_EVENT_RESULT = 0,
  MILLRACE_EVENT_SCHEDULED = 1,
  MILLRACE_EVENT_STARTED = 2,
  MILLRACE_EVENT_WITHDRAWN = 3  // given up before it was sent
};

enum {
  MILLRACE_UNIT_NONE = 0,
  MILLRACE_UNIT_NANOSECONDS = 1,
  MILLRACE_UNIT_MICROSECONDS = 2,
  MILLRACE_UNIT_MILLISECONDS = 3,
  MILLRACE_UNIT_SECONDS = 4,
  MILLRACE_UNIT_SECONDS_PER_TOKEN = 5,
  MILLRACE_UNIT_NANOSECONDS_PER_TOKEN = 6,
  MILLRACE_UNIT_BYTES = 7,
  MILLRACE_UNIT_TOKENS = 8
};

/// By which a percentile is taken of order statistics x(1) <= .. <= x(n).
enum {
  MILLRACE_RULE_NEAREST_RANK = 0,      // x(ceil(p/100 n)): always an observed value
  MILLRACE_RULE_LINEAR = 1,            // between the two at (n-1) p/100: numpy, k6
  MILLRACE_RULE_EXCLUSIVE = 2,         // at (n+1) p/100: Python's statistics, llmeter
  MILLRACE_RULE_EXCLUSIVE_CLAMPED = 3  // the same, kept within minimum and maximum
};

#ifdef __cplusplus
}
#endif

#endif
