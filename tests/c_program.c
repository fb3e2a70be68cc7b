// SPDX-License-Identifier: Apache-2.0
//
// The C interface as a C compiler sees it: C99 alone, a record of its own, two threads with a worker each, a log,
// its replay. Prints what was wrong and returns 1, or prints "good".
//
//   c_program LOG
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <millrace.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct disk_read {
  int64_t start_ns, end_ns;
  uint32_t bytes;
  uint16_t device;
  uint8_t status, unused;
} disk_read;

enum { RECORDS = 10000 };

static millrace_error error = MILLRACE_ERROR_INIT;
static millrace_stream* reads;
static uint16_t sda;

static void expect(int good, const char* what) {
  if (good) return;
  printf("%s: %s\n", what, error.message);
  exit(1);
}

static millrace_schema* disk_read_schema(void) {
  millrace_schema* s;
  expect(millrace_schema_new("disk_read", sizeof(disk_read), &s, &error) == MILLRACE_OK,
         "schema_new");
  millrace_schema_field(s, "start_ns", offsetof(disk_read, start_ns), MILLRACE_I64, NULL);
  millrace_schema_field(s, "end_ns", offsetof(disk_read, end_ns), MILLRACE_I64, NULL);
  millrace_schema_field(s, "bytes", offsetof(disk_read, bytes), MILLRACE_U32, NULL);
  millrace_schema_field(s, "device", offsetof(disk_read, device), MILLRACE_U16, NULL);
  millrace_schema_field(s, "status", offsetof(disk_read, status), MILLRACE_U8, NULL);
  millrace_schema_field(s, "unused", offsetof(disk_read, unused), MILLRACE_U8, NULL);
  millrace_schema_role(s, MILLRACE_ROLE_START, "start_ns", NULL);
  millrace_schema_role(s, MILLRACE_ROLE_END, "end_ns", NULL);
  millrace_schema_role(s, MILLRACE_ROLE_LABEL, "device", NULL);
  millrace_schema_role(s, MILLRACE_ROLE_STATUS, "status", NULL);
  millrace_schema_metric(s, "latency", MILLRACE_UNIT_NANOSECONDS, MILLRACE_DIFFERENCE, "end_ns",
                         "start_ns", NULL, NULL);
  expect(millrace_schema_metric(s, "bytes", MILLRACE_UNIT_BYTES, MILLRACE_FIELD, "bytes", NULL,
                                NULL, &error) == MILLRACE_OK,
         "schema");
  return s;
}

// Half by push, half in place.
static void* push_all(void* first) {
  millrace_worker* worker;
  millrace_error own = MILLRACE_ERROR_INIT;
  if (millrace_worker_open(reads, sizeof(disk_read), &worker, &own) != MILLRACE_OK)
    return own.message[0] ? first : NULL;
  const int64_t from = *(const int64_t*)first;
  for (int64_t i = from; i < from + RECORDS; ++i) {
    const disk_read made = {.start_ns = i, .end_ns = 3 * i, .bytes = 4096, .device = sda};
    if (i % 2 == 0) {
      millrace_push(worker, &made);
      continue;
    }
    disk_read* room = millrace_claim(worker);
    if (room == NULL) continue;
    *room = made;
    millrace_commit(worker);
  }
  const uint64_t accepted = millrace_worker_accepted(worker);
  millrace_worker_close(worker);
  return accepted == RECORDS ? NULL : first;
}

static void check(const millrace_summary* summary) {
  const millrace_query latency = {.struct_size = sizeof latency,
                                  .stream = "reads",
                                  .metric = "latency",
                                  .label = "sda",
                                  .select = MILLRACE_SELECT_OK};
  millrace_metric_numbers numbers = {.struct_size = sizeof numbers};
  expect(millrace_summary_metric(summary, &latency, &numbers, &error) == MILLRACE_OK, "metric");
  expect(numbers.count == 2 * RECORDS, "count");
  expect(numbers.min == 0 && numbers.max == 2 * (2 * RECORDS - 1), "extremes");
  const double ps[] = {50, 100};
  double values[2];
  expect(
      millrace_summary_percentiles(summary, &latency, ps, 2, values, NULL, &error) == MILLRACE_OK,
      "percentiles");
  expect(values[0] == 2 * (RECORDS - 1) && values[1] == numbers.max, "percentiles' values");
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  expect(millrace_abi_version() == MILLRACE_C_ABI_VERSION, "version");
  millrace_options options;
  expect(millrace_options_init(&options, sizeof options) == MILLRACE_OK, "options");
  options.log_dir = argv[1];
  options.overflow = MILLRACE_OVERFLOW_WAIT;
  millrace_engine* engine;
  expect(millrace_open(&options, &engine, &error) == MILLRACE_OK, "open");
  millrace_schema* schema = disk_read_schema();
  expect(millrace_stream_open(engine, "reads", schema, NULL, &reads, &error) == MILLRACE_OK,
         "stream");
  millrace_schema_free(schema);
  sda = millrace_label(engine, "sda");

  int64_t firsts[2] = {0, RECORDS};
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, push_all, &firsts[i]);
  void* failed[2];
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], &failed[i]);
  expect(failed[0] == NULL && failed[1] == NULL, "a worker");

  millrace_summary *summary, *replayed;
  expect(millrace_finish(engine, &summary, &error) == MILLRACE_OK, "finish");
  millrace_close(engine);
  check(summary);
  const char* const inputs[] = {argv[1]};
  expect(millrace_replay(inputs, 1, NULL, &replayed, &error) == MILLRACE_OK, "replay");
  check(replayed);
  uint64_t live = 0, again = 1;
  expect(millrace_summary_digest(summary, &live, &error) == MILLRACE_OK &&
             millrace_summary_digest(replayed, &again, &error) == MILLRACE_OK && live == again,
         "digest");
  millrace_losses losses = {.struct_size = sizeof losses};
  expect(millrace_replay_losses(replayed, &losses, &error) == MILLRACE_OK && losses.whole == 1,
         "losses");
  millrace_summary_free(summary);
  millrace_summary_free(replayed);
  expect(millrace_flush(NULL, &error) == MILLRACE_ERROR_INVALID_ARGUMENT &&
             strstr(error.message, "NULL") != NULL,
         "an error");
  printf("good\n");
  return 0;
}
