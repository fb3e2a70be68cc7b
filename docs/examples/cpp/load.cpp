// SPDX-License-Identifier: Apache-2.0
//
// A load generator in C++: threads that read 4 KiB at a time from a file, every read a record; a log of all of them,
// live numbers on the way, exact percentiles at the end. CMakeLists.txt, meson.build and Makefile beside it build it.
//
//   ./load /dev/urandom run
#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <millrace/millrace.hpp>

namespace {

constexpr int kThreads = 4;
constexpr std::uint64_t kReads = 5'000;

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

void read_all_the_time(const char* path, millrace::Worker<millrace::RequestRecord> worker,
                       std::uint16_t short_read) {
  const int fd = open(path, O_RDONLY);
  std::array<char, 4096> buffer;
  for (std::uint64_t i = 0; i < kReads; ++i) {
    const std::int64_t start = now_ns();
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    millrace::RequestRecord record{.start_ns = start, .end_ns = now_ns(), .request_id = i};
    record.bytes_received = got > 0 ? got : 0;
    if (got != static_cast<ssize_t>(buffer.size())) {
      record.status = millrace::Status::error;
      record.error_class = short_read;
    }
    worker.push(record);  // false: refused, and counted
  }
  close(fd);
}

int fail(const millrace::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: load FILE LOG\n");
    return 2;
  }
  auto engine = millrace::Engine::open({.log_dir = argv[2]});
  if (!engine) return fail(engine.error());
  auto reads = engine->stream<millrace::RequestRecord>("reads");
  if (!reads) return fail(reads.error());
  const std::uint16_t short_read = engine->error_class("short read");  // names are asked for once

  std::vector<std::jthread> load;
  for (int i = 0; i < kThreads; ++i) {
    auto worker = reads->worker();  // one a thread
    if (!worker) return fail(worker.error());
    load.emplace_back(read_all_the_time, argv[1], std::move(*worker), short_read);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::printf("%" PRIu64 " so far\n", engine->snapshot().accounting.aggregated);
  load.clear();  // joins

  auto summary = engine->finish();
  if (!summary) return fail(summary.error());
  const auto latency = (*summary)["reads"].metric("latency");
  std::printf("millrace %s: latency of %" PRIu64 " reads, mean %.0f ns", millrace::version(),
              latency.count(), latency.mean());
  if (const auto p99 = latency.percentile(99)) std::printf(", p99 %.0f ns", p99->value);
  const millrace::Accounting& account = summary->accounting();
  std::printf("\n%" PRIu64 " attempted = %" PRIu64 " accepted + %" PRIu64 " rejected\n",
              account.attempted(), account.accepted, account.rejected());
  std::printf("digest %016" PRIx64 "\n", summary->digest());
}
