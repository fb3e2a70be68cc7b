// SPDX-License-Identifier: Apache-2.0
//
// A load for tests/power_cut_test.py: pushes records that say their own number, has them synced every
// few milliseconds, and tells in a file outside what the engine calls durable.
//   usage: power_program LOG_DIR RING_DIR TOLD_FILE mapped|pwrite
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

int main(int argc, char** argv) {
  using namespace millrace;
  if (argc != 5) return 2;
  const int fd = ::open(argv[3], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, 4096) != 0) return 2;
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) return 2;
  auto* told = static_cast<volatile std::uint64_t*>(page);

  auto engine = Engine::open(
      {.overflow = Overflow::wait,
       .log_dir = argv[1],
       .log_write = std::strcmp(argv[4], "pwrite") == 0 ? LogWrite::pwrite : LogWrite::mapped,
       .segment_bytes = 1 << 20,
       .log_sync = LogSync::interval,
       .log_sync_interval = std::chrono::milliseconds(3),
       .ring_dir = argv[2]});
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().message.c_str());
    return 1;
  }
  auto worker = engine->stream<SampleRecord>("values").value().worker().value();
  for (std::uint64_t seq = 0;; ++seq) {
    if (!worker.push({.value = static_cast<double>(seq), .request_id = seq})) return 1;
    if (seq % 2'000 != 0) continue;
    const Snapshot now = engine->snapshot();
    *told = now.log->durable;
    if (now.log->stopped) return 0;  // the file system is gone
  }
}
