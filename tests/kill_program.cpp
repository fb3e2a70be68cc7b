// SPDX-License-Identifier: Apache-2.0
//
// What tests/kill_test.py starts, kills and asks: a load with a log, its recovery, and a reader of its own
// that knows which records must be there.
//
//   kill_program push DIR RING_DIR BLOCKS TAG SHARED     until it is killed; RING_DIR "none": no ring files
//   kill_program recover DIR RING_DIR
//   kill_program check DIR TAG SHARED [TAG SHARED]       one line of counts; a pair a run, in order
//
// SHARED is a file of one u64 a worker, by its number: how many of its pushes returned true. It is
// mapped, so that a kill leaves it as it was. TAG tells the records of the runs apart.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

#include "log/format.hpp"
#include "log/log_folder.hpp"
#include "log/recovery.hpp"
#include "record/crc32c.hpp"
#include "words_schema.hpp"

namespace millrace {
namespace {

constexpr std::size_t kWorkersMax = 1 << 16;
constexpr int kThreads = 4;

/// Its words say whose record it is, and which.
struct Stamp {
  std::int64_t words[8];
};

Stamp stamp_of(std::uint64_t tag, std::uint32_t worker, std::uint64_t seq) {
  Stamp stamp;
  for (std::uint64_t i = 0; i < 8; ++i) {
    const std::uint64_t word = ((tag << 48) ^ (std::uint64_t{worker} << 32) ^ seq) + i;
    stamp.words[i] = static_cast<std::int64_t>(word * 0x9E37'79B9'7F4A'7C15);
  }
  return stamp;
}

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

template <typename T>
T or_fail(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}

std::atomic<std::uint64_t>* map_counts(const char* path) {
  const int fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, kWorkersMax * sizeof(std::uint64_t)) != 0) fail("no counts");
  void* at = ::mmap(nullptr, kWorkersMax * sizeof(std::uint64_t), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) fail("no counts");
  ::close(fd);
  return static_cast<std::atomic<std::uint64_t>*>(at);
}

}  // namespace

template <>
struct RecordTraits<Stamp> {
  static Result<Schema> schema() { return words_schema("stamp", 8); }
};

namespace {

// ----- push

void push_one(Worker<Stamp>& worker, std::uint64_t tag, std::atomic<std::uint64_t>& count) {
  if (!worker.push(stamp_of(tag, worker.id(), worker.accepted()))) {
    if (worker.rejected().closed != 0) fail("the engine closed under way");
    return;
  }
  // order: release; stored after push() has returned, also for who maps the file.
  count.store(worker.accepted(), std::memory_order_release);
}

// Workers come and go: part-filled blocks, slots that are used again. Some push all they can, some in
// small bursts, so that the aggregator looks at blocks that are not full.
void load(Stream<Stamp>& stream, std::uint64_t tag, unsigned seed,
          std::atomic<std::uint64_t>* counts) {
  std::mt19937 random(seed);
  for (;;) {
    auto worker = or_fail(stream.worker());
    while (worker.id() >= kWorkersMax) ::pause();
    std::atomic<std::uint64_t>& count = counts[worker.id()];
    const bool in_bursts = random() % 2 == 0;
    const auto bursts = in_bursts ? random() % 30 : 1;
    for (unsigned burst = 0; burst < bursts; ++burst) {
      if (burst != 0) ::usleep(static_cast<useconds_t>(random() % 100));
      const auto pushes = in_bursts ? random() % 50 : random() % 20'000;
      for (std::uint64_t i = 0; i < pushes; ++i) push_one(worker, tag, count);
    }
  }
}

int push(const std::string& dir, const std::string& ring_dir, std::uint32_t blocks,
         std::uint64_t tag, const char* shared) {
  std::atomic<std::uint64_t>* counts = map_counts(shared);
  std::mt19937 random(static_cast<unsigned>(tag) * 7919u + static_cast<unsigned>(::getpid()));
  auto engine = or_fail(Engine::open(
      {.overflow = random() % 2 == 0 ? Overflow::reject : Overflow::wait,
       .idle = random() % 2 == 0 ? Idle::spin : Idle::back_off,
       .ring_blocks = blocks,
       .ring_records_min = 0,
       .workers_max = kThreads + static_cast<std::uint32_t>(random() % 2),
       .flush_interval = std::chrono::microseconds(random() % 2 == 0 ? 0 : 2'000),
       .finish_at_exit = false,
       .log_dir = dir,
       .append_log = true,
       .log_write = random() % 2 == 0 ? LogWrite::mapped : LogWrite::pwrite,
       .segment_bytes = random() % 2 == 0 ? std::uint64_t{256} << 10 : std::uint64_t{4} << 20,
       .ring_files = ring_dir != "none",
       .ring_dir = ring_dir == "none" ? std::string{} : ring_dir}));
  auto stream = or_fail(engine.stream<Stamp>("stamps"));
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back(
        [&, seed = static_cast<unsigned>(random())] { load(stream, tag, seed, counts); });
  }
  std::puts("pushing");
  std::fflush(stdout);
  for (;;) ::pause();
}

int recover(const std::string& dir, const std::string& ring_dir) {
  auto lock = or_fail(log::FolderLock::acquire(dir, log::FolderLock::Kind::exclusive));
  if (!lock) fail("somebody has the lock");
  const auto folder = or_fail(log::LogFolder::list(dir, ring_dir, true));
  const auto done = or_fail(log::recover(folder, {.ring_dir = ring_dir}));
  std::printf("recovered %llu lost %llu refused %llu damages %zu\n",
              static_cast<unsigned long long>(done.records),
              static_cast<unsigned long long>(done.lost),
              static_cast<unsigned long long>(done.rings_refused), done.damages.size());
  for (const log::Damage& damage : done.damages) {
    std::printf("%s: %s\n", damage.file.c_str(), damage.what.c_str());
  }
  return done.rings_refused == 0 && done.damages.empty() ? 0 : 1;
}

// ----- check: a walk over the bytes, with nothing of the library's reader

struct Segment {
  log::SegmentHeader header;
  std::vector<char> bytes;
};

struct Counts {
  std::uint64_t records = 0, recovered = 0, workers = 0;
  std::uint64_t lost = 0, duplicated = 0, invented = 0, bad = 0, ahead = 0, faults = 0;
};

std::vector<Segment> read_segments(const std::string& dir, Counts& counts) {
  std::vector<Segment> segments;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".mlr")) {
      if (name != "LOCK") ++counts.faults;  // rings, names or unfinished files after a recovery
      continue;
    }
    std::ifstream file(entry.path(), std::ios::binary);
    Segment segment{{}, {std::istreambuf_iterator<char>(file), {}}};
    if (segment.bytes.size() < sizeof segment.header) {
      ++counts.faults;
      continue;
    }
    std::memcpy(&segment.header, segment.bytes.data(), sizeof segment.header);
    if (log::header_crc(segment.header) != segment.header.crc) ++counts.faults;
    segments.push_back(std::move(segment));
  }
  std::sort(segments.begin(), segments.end(),
            [](const Segment& a, const Segment& b) { return a.header.segment < b.header.segment; });
  return segments;
}

using Seen = std::map<std::uint32_t, std::set<std::uint64_t>>;  // by worker

void check_data(const log::FrameHeader& header, const char* payload, std::uint64_t tag, Seen& seen,
                Counts& counts) {
  for (std::uint32_t i = 0; i < header.n; ++i) {
    Stamp stamp;
    std::memcpy(&stamp, payload + i * sizeof stamp, sizeof stamp);
    const std::uint64_t seq = header.worker_seq + i;
    const Stamp expected = stamp_of(tag, header.worker, seq);
    counts.bad += std::memcmp(&stamp, &expected, sizeof stamp) == 0 ? 0u : 1u;
    counts.duplicated += seen[header.worker].insert(seq).second ? 0u : 1u;
    ++counts.records;
    counts.recovered += (header.flags & log::kRecovered) != 0 ? 1u : 0u;
  }
}

// True: the segment ends with an END frame that says the run is over.
bool check_segment(const Segment& segment, std::uint64_t tag, std::uint64_t& record_no, Seen& seen,
                   Counts& counts) {
  std::uint64_t at = log::kHeaderBytes;
  while (at + sizeof(log::FrameHeader) <= segment.bytes.size()) {
    log::FrameHeader header;
    std::memcpy(&header, segment.bytes.data() + at, sizeof header);
    if (header.commit == 0) return false;
    const std::uint32_t bytes = log::bytes_of(header.commit);
    const char* payload = segment.bytes.data() + at + sizeof header;
    const auto type = log::type_of(header.commit);
    const bool good =
        header.commit >> 32 == log::kCommitMagic && bytes >= sizeof header &&
        bytes <= log::left_in_stripe(at) && at + bytes <= segment.bytes.size() &&
        header.header_crc == log::header_crc(header, log::frame_seed(segment.header.log_id,
                                                                     segment.header.segment, at));
    if (!good) {
      ++counts.faults;
      return false;
    }
    if (type == log::FrameType::data) {
      if (header.record_size != sizeof(Stamp) ||
          header.payload_crc != crc32c(payload, std::size_t{header.n} * sizeof(Stamp)) ||
          header.record_no != record_no) {
        ++counts.faults;
      }
      record_no = header.record_no + header.n;
      check_data(header, payload, tag, seen, counts);
    }
    if (type == log::FrameType::end) return (header.flags & log::kFinal) != 0;
    at += bytes;
  }
  return false;
}

// Whether the first record of the run, if it has one, is of this tag.
bool may_be_of(const std::vector<Segment>& segments, std::uint64_t run, std::uint64_t tag) {
  for (const Segment& segment : segments) {
    if (segment.header.run != run) continue;
    std::uint64_t record_no = 0;
    Seen seen;
    Counts counts;
    check_segment(segment, tag, record_no, seen, counts);
    if (counts.records != 0) return counts.bad < counts.records;
  }
  return true;
}

int check(const std::string& dir, const std::vector<std::pair<std::uint64_t, const char*>>& runs) {
  Counts counts;
  const std::vector<Segment> segments = read_segments(dir, counts);
  std::vector<std::uint64_t> order;  // of the runs
  for (const Segment& segment : segments) {
    if (std::find(order.begin(), order.end(), segment.header.run) == order.end()) {
      order.push_back(segment.header.run);
    }
  }
  // A run that was killed before it had a segment has no record either.
  std::size_t given = 0;
  for (const auto& [tag, shared] : runs) {
    std::atomic<std::uint64_t>* accepted = map_counts(shared);
    Seen seen;
    std::uint64_t record_no = 0;
    bool final = false;
    if (given < order.size() && may_be_of(segments, order[given], tag)) {
      for (const Segment& segment : segments) {
        if (segment.header.run != order[given]) continue;
        final = check_segment(segment, tag, record_no, seen, counts);
      }
      ++given;
      counts.faults += final ? 0u : 1u;
    }
    for (std::uint32_t worker = 1; worker < kWorkersMax; ++worker) {
      // order: acquire; the process that stored it is dead.
      const std::uint64_t returned = accepted[worker].load(std::memory_order_acquire);
      const auto found = seen.find(worker);
      const std::uint64_t logged = found == seen.end() ? 0 : found->second.size();
      if (returned == 0 && logged == 0) continue;
      ++counts.workers;
      if (logged != 0 && *found->second.rbegin() + 1 != logged) ++counts.lost;  // a gap
      if (logged < returned) counts.lost += returned - logged;
      if (logged == returned + 1) ++counts.ahead;
      if (logged > returned + 1) counts.invented += logged - returned - 1;
    }
  }
  counts.faults += order.size() - given;
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "records %llu recovered %llu workers %llu lost %llu duplicated %llu invented %llu bad %llu "
      "ahead %llu faults %llu\n",
      n(counts.records), n(counts.recovered), n(counts.workers), n(counts.lost),
      n(counts.duplicated), n(counts.invented), n(counts.bad), n(counts.ahead), n(counts.faults));
  return counts.lost + counts.duplicated + counts.invented + counts.bad + counts.faults == 0 ? 0
                                                                                             : 1;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  if (what == "push" && argc == 7) {
    return millrace::push(argv[2], argv[3], static_cast<std::uint32_t>(number(4)), number(5),
                          argv[6]);
  }
  if (what == "recover" && argc == 4) return millrace::recover(argv[2], argv[3]);
  if (what == "check" && argc >= 5 && argc % 2 == 1) {
    std::vector<std::pair<std::uint64_t, const char*>> runs;
    for (int i = 3; i + 1 < argc; i += 2) runs.emplace_back(number(i), argv[i + 1]);
    return millrace::check(argv[2], runs);
  }
  std::fprintf(stderr, "see the head of tests/kill_program.cpp\n");
  return 2;
}
