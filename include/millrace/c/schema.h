// SPDX-License-Identifier: Apache-2.0
//
// Schema: what the bytes of a record mean. Built-in, or your own for a struct of 16 to 512 bytes, a multiple of
// 8, in which every byte belongs to a field: padding would carry what was on the stack into a log.
//
//   typedef struct disk_read {
//     int64_t start_ns, end_ns;
//     uint32_t bytes;
//     uint16_t device;                            // millrace_label()
//     uint8_t status, unused;
//   } disk_read;
//
//   millrace_schema *schema;
//   millrace_schema_new("disk_read", sizeof(disk_read), &schema, NULL);
//   millrace_schema_field(schema, "start_ns", offsetof(disk_read, start_ns), MILLRACE_I64, NULL);
//   ...
//   millrace_schema_role(schema, MILLRACE_ROLE_START, "start_ns", NULL);
//   ...
//   millrace_schema_metric(schema, "latency", MILLRACE_UNIT_NANOSECONDS, MILLRACE_DIFFERENCE, "end_ns", "start_ns",
//                          NULL, NULL);
//   if (millrace_schema_check(schema, &error) != MILLRACE_OK) ...
//
// Sticks    The first error of a schema sticks: what is called after it returns that error again, and does
//           nothing. So a program may look at the last call alone.
// Absent    A value is absent when it is a NaN or the least value of a signed field.
// Threads   One thread at a time may change a schema.
#ifndef MILLRACE_C_SCHEMA_H
#define MILLRACE_C_SCHEMA_H

#include "millrace/c/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct millrace_schema millrace_schema;

enum {
  MILLRACE_RECORD_GENERATION = 0,
  MILLRACE_RECORD_REQUEST = 1,
  MILLRACE_RECORD_SAMPLE = 2,  // metric: value, of no unit
  MILLRACE_RECORD_MODALITY = 3,
  MILLRACE_RECORD_TOKEN_GAP = 4  // sample records again, metric: itl, in nanoseconds
};

/// The schema of a built-in record.
///   record   MILLRACE_RECORD_.
///   schema   receives a handle; millrace_schema_free() releases it.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: no such record. OUT_OF_MEMORY.
///   Threads  any.   Cost  microseconds.
MILLRACE_API int millrace_schema_builtin(int record, millrace_schema** schema,
                                         millrace_error* error);

/// A schema of sample records whose metric has a name and a unit of your choice.
///   metric   its name, 1 to 120 bytes.
///   unit     MILLRACE_UNIT_.
///   schema, Returns, Threads, Cost  as of millrace_schema_builtin().
///   Errors   INVALID_ARGUMENT: the name or the unit. OUT_OF_MEMORY.
MILLRACE_API int millrace_schema_sample(const char* metric, int unit, millrace_schema** schema,
                                        millrace_error* error);

/// A schema of your own, empty.
///   name         of the record type, 1 to 120 bytes; logs and messages have it.
///   record_size  sizeof the struct.
///   schema       receives a handle; millrace_schema_free() releases it.
///   Returns      MILLRACE_OK or a code.
///   Errors       OUT_OF_MEMORY; the name and the size are looked at by millrace_schema_check().
///   Threads      any.   Cost  microseconds.
MILLRACE_API int millrace_schema_new(const char* name, size_t record_size, millrace_schema** schema,
                                     millrace_error* error);

enum {
  MILLRACE_I8 = 0,
  MILLRACE_U8 = 1,
  MILLRACE_I16 = 2,
  MILLRACE_U16 = 3,
  MILLRACE_I32 = 4,
  MILLRACE_U32 = 5,
  MILLRACE_I64 = 6,
  MILLRACE_U64 = 7,
  MILLRACE_F32 = 8,
  MILLRACE_F64 = 9
};

/// Adds a field.
///   name     1 to 120 bytes; reads the same in the record's other uses.
///   offset   offsetof the field in the struct.
///   type     MILLRACE_I8 .. MILLRACE_F64.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: the type, or a name that another field has. OUT_OF_MEMORY.
///   Threads  one at a time.   Cost  microseconds.
MILLRACE_API int millrace_schema_field(millrace_schema* schema, const char* name, size_t offset,
                                       int type, millrace_error* error);

enum {
  MILLRACE_ROLE_STATUS = 0,          // U8: MILLRACE_STATUS_; without it every record is ok
  MILLRACE_ROLE_LABEL = 1,           // U16: millrace_label()
  MILLRACE_ROLE_ERROR_CLASS = 2,     // U16: millrace_error_class()
  MILLRACE_ROLE_EVENT = 3,           // U8: MILLRACE_EVENT_; without it every record is a result
  MILLRACE_ROLE_START = 4,           // I64: nanoseconds
  MILLRACE_ROLE_INTENDED_START = 5,  // I64: nanoseconds
  MILLRACE_ROLE_END = 6              // I64: nanoseconds
};

/// Says what a field is to the engine beside a number.
///   role     MILLRACE_ROLE_; each has at most one field.
///   field    the name of a field that was added.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: the role. NOT_FOUND: the field. Types are looked at by millrace_schema_check().
///   Threads  one at a time.   Cost  nanoseconds.
MILLRACE_API int millrace_schema_role(millrace_schema* schema, int role, const char* field,
                                      millrace_error* error);

enum {
  MILLRACE_FIELD = 0,              // a
  MILLRACE_DIFFERENCE = 1,         // a - b
  MILLRACE_SUM = 2,                // a + b
  MILLRACE_RATIO = 3,              // a / b; absent when b is 0
  MILLRACE_PER_COUNT_LESS_ONE = 4  // (a - b) / (c - 1); absent unless c > 1
};

/// Adds a metric. The formulas are a closed set so that a log carries them, and replay needs no code of yours.
///   name       1 to 120 bytes, another than every other metric's.
///   unit       MILLRACE_UNIT_. Values of a unit of time are durations: finite and not negative; others finite.
///              What is outside is counted as invalid and enters no statistic. Of tokens and bytes reports show
///              the sum a second, too.
///   operation  MILLRACE_FIELD .. MILLRACE_PER_COUNT_LESS_ONE.
///   a, b, c    names of fields that were added; NULL for those that the operation has not.
///   Returns    MILLRACE_OK or a code.
///   Errors     INVALID_ARGUMENT: the unit, the operation, a field that it has not. NOT_FOUND: a field.
///              OUT_OF_MEMORY.
///   Threads    one at a time.   Cost  microseconds.
MILLRACE_API int millrace_schema_metric(millrace_schema* schema, const char* name, int unit,
                                        int operation, const char* a, const char* b, const char* c,
                                        millrace_error* error);

enum {
  MILLRACE_DOMAIN_NUMBER = 0,    // finite
  MILLRACE_DOMAIN_DURATION = 1,  // finite and not negative
  MILLRACE_DOMAIN_ANY = 2        // every number but NaN
};

/// Gives a metric another domain than its unit's.
///   metric   the name of a metric that was added.
///   domain   MILLRACE_DOMAIN_.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: the domain. NOT_FOUND: the metric.
///   Threads  one at a time.   Cost  nanoseconds.
MILLRACE_API int millrace_schema_domain(millrace_schema* schema, const char* metric, int domain,
                                        millrace_error* error);

/// Whether a stream can be made of the schema; millrace_stream_open() asks the same.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: sizes, offsets, types, names, or a byte that is no field; the text says which.
///            The error that sticks, if there was one.
///   Threads  any, while none changes it.   Cost  microseconds.
MILLRACE_API int millrace_schema_check(const millrace_schema* schema, millrace_error* error);

/// What a schema says of its records, for bindings that make them at run time.
///   index    of a field, from 0 until NULL comes.
///   offset, type  receive the field's; each may be NULL.
///   role     MILLRACE_ROLE_.
///   Returns  bytes of a record, 0 for NULL; a field's name, NULL if there is none. A name lives until the schema
///            is changed or released.
///   Errors   none.   Threads  any, while none changes it.   Cost  nanoseconds.
MILLRACE_API size_t millrace_schema_record_size(const millrace_schema* schema);
MILLRACE_API const char* millrace_schema_field_at(const millrace_schema* schema, size_t index,
                                                  size_t* offset, int* type);
MILLRACE_API const char* millrace_schema_role_field(const millrace_schema* schema, int role);

/// A blank record: as the built-in ones' init functions make it, all zero for a schema of your own.
///   record   receives millrace_schema_record_size() bytes.
///   room     how many there are.
///   Returns  MILLRACE_OK or a code.
///   Errors   INVALID_ARGUMENT: too little room, or a size that no record has.
///   Threads  any, while none changes it.   Cost  a copy.
MILLRACE_API int millrace_schema_blank(const millrace_schema* schema, void* record, size_t room,
                                       millrace_error* error);

/// Releases a schema; streams that were made of it keep what they need.
///   schema   may be NULL.
///   Returns  nothing.
///   Errors   none.   Threads  any.   Cost  nanoseconds.
MILLRACE_API void millrace_schema_free(millrace_schema* schema);

#ifdef __cplusplus
}
#endif

#endif
