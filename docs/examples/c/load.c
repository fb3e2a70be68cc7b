// SPDX-License-Identifier: Apache-2.0
//
// A load generator in C: threads that read 4 KiB at a time from a file, every read a record; a log of all of them,
// live numbers on the way, a report at the end.
//
//   cc -std=c99 load.c $(pkg-config --cflags --libs --static millrace) -o load
//   ./load /dev/urandom run
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <millrace.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, READS = 5000, READ_BYTES = 4096 };

struct load {
  const char* path;
  millrace_stream* requests;
  uint16_t label;  // names are asked for once
  uint16_t short_read;
};

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char* what, const millrace_error* error) {
  fprintf(stderr, "%s: %s\n", what, error->message);
  exit(1);
}

static void* read_all_the_time(void* argument) {
  const struct load* load = argument;
  millrace_error error = MILLRACE_ERROR_INIT;
  millrace_worker* worker;  // one a thread
  if (millrace_worker_open(load->requests, sizeof(millrace_request_record), &worker, &error) !=
      MILLRACE_OK) {
    die("worker", &error);
  }
  millrace_request_record blank;
  millrace_request_record_init(&blank);
  blank.label = load->label;
  const int fd = open(load->path, O_RDONLY);
  char buffer[READ_BYTES];
  for (uint64_t i = 0; i < READS; ++i) {
    millrace_request_record record = blank;
    record.request_id = i;
    record.start_ns = now_ns();
    const ssize_t got = read(fd, buffer, sizeof buffer);
    record.end_ns = now_ns();
    record.bytes_received = got > 0 ? (int64_t)got : 0;
    if (got != READ_BYTES) {
      record.status = MILLRACE_STATUS_ERROR;
      record.error_class = load->short_read;
    }
    millrace_push(worker, &record);  // false: refused, and counted
  }
  close(fd);
  millrace_worker_close(worker);
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: load FILE LOG\n");
    return 2;
  }
  millrace_error error = MILLRACE_ERROR_INIT;
  millrace_options options;
  millrace_engine* engine;
  millrace_schema* schema;
  struct load load = {.path = argv[1]};

  millrace_options_init(&options, sizeof options);
  options.log_dir = argv[2];
  if (millrace_open(&options, &engine, &error) != MILLRACE_OK ||
      millrace_schema_builtin(MILLRACE_RECORD_REQUEST, &schema, &error) != MILLRACE_OK ||
      millrace_stream_open(engine, "reads", schema, NULL, &load.requests, &error) != MILLRACE_OK) {
    die("open", &error);
  }
  load.label = millrace_label(engine, argv[1]);
  load.short_read = millrace_error_class(engine, "short read");

  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; ++i) pthread_create(&threads[i], NULL, read_all_the_time, &load);

  const struct timespec a_while = {.tv_nsec = 20000000};
  nanosleep(&a_while, NULL);
  const millrace_query latency = {
      .struct_size = sizeof latency, .stream = "reads", .metric = "latency"};
  millrace_snapshot* live;
  double p99;
  if (millrace_snapshot_take(engine, &live, &error) != MILLRACE_OK ||
      millrace_snapshot_percentile(live, &latency, 99, &p99, NULL, &error) != MILLRACE_OK) {
    die("snapshot", &error);
  }
  printf("so far: p99 %.0f ns\n", p99);
  millrace_snapshot_free(live);

  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);

  millrace_summary* summary;
  char* report;
  if (millrace_finish(engine, &summary, &error) != MILLRACE_OK ||
      millrace_summary_report(summary, NULL, &report, NULL, &error) != MILLRACE_OK) {
    die("finish", &error);
  }
  fputs(report, stdout);
  millrace_text_free(report);
  millrace_summary_free(summary);
  millrace_schema_free(schema);
  millrace_close(engine);
  return 0;
}
