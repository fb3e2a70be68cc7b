// SPDX-License-Identifier: Apache-2.0
#include "log/writer_state.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

namespace millrace::log {
namespace {

constexpr std::int64_t kLateNs = 100'000'000;  // until the log stops
// After a segment that took no record at all, and between leaving segments whose sync failed: a disk
// that fails for good costs ten empty files a second, or one, not thousands.
constexpr std::int64_t kPauseNs = 100'000'000;
constexpr std::int64_t kPoisonedNs = 1'000'000'000;
constexpr std::uint32_t kRecordsLeast = 64;  // of a frame, unless a stripe holds fewer
constexpr std::uint64_t kRingEvery = std::uint64_t{1} << 20;
constexpr std::chrono::seconds kCloseWait{1};  // for a segment that the last names need

}  // namespace

WriterState::WriterState(const WriterOptions& opts) : options_(opts), owner_(::getpid()) {}

bool WriterState::mine() const noexcept { return ::getpid() == owner_; }

Result<void> WriterState::open(const SegmentHeader& header, std::uint64_t segment) {
  auto opened = SegmentKeeper::open(options_, header, segment, shown_logged_);
  if (!opened) return tl::unexpected(std::move(opened).error());
  keeper = std::move(*opened);
  begin(*keeper->take());
  keeper->ring();
  return {};
}

FrameHeader WriterState::counts() const noexcept {
  FrameHeader header{};
  header.record_no = logged_;
  header.unlogged = unlogged_;
  return header;
}

void WriterState::begin(SegmentFile& segment) noexcept {
  frames_.begin(segment);
  entries.repeat();
  began_ns_ = late_since_ns_ = 0;
  rung_at_ = 0;
  // order: relaxed (all of status()'s); numbers that are only shown.
  shown_segments_.fetch_add(1, std::memory_order_relaxed);
  shown_mapped_.store(segment.mapped(), std::memory_order_relaxed);  // order: see above
  shown_stopped_.store(false, std::memory_order_relaxed);            // order: see above
  count_bytes();
}

// ---- before a slice is taken

std::uint32_t WriterState::reserve(std::uint32_t record_size, std::int64_t now_ns) noexcept {
  while (writing(now_ns)) {
    Step step = write_entries(frames_.limit(), 0);
    if (step == Step::done) {
      if (const std::uint32_t n = records_here(record_size, step); n != 0) return n;
    }
    if (step == Step::broken) {
      leave_segment(now_ns);
    } else if (!rotate()) {
      leave_room_late(now_ns);
      if (!stopped()) return 0;
      break;
    }
  }
  return kSliceRecordsMax;  // all are taken, and counted
}

// Whether there is a segment to write; looks for the next one when there is not.
bool WriterState::writing(std::int64_t now_ns) noexcept {
  if (closed_) return false;
  if (!stopped() && frames_.segment()->harm() != SegmentFile::Harm::none) leave_segment(now_ns);
  if (stopped() && (now_ns < resume_at_ns_ || !rotate())) return false;
  if (began_ns_ == 0) began_ns_ = now_ns;
  if (frames_.segment()->poisoned() && now_ns - began_ns_ >= kPoisonedNs) {
    (void)rotate();  // while there is no next one this one still takes records
  }
  return true;
}

bool WriterState::stopped() const noexcept {
  return shown_stopped_.load(std::memory_order_relaxed);  // order: relaxed; the writer sets it
}

// Goes to the next stripe rather than make a tiny frame.
std::uint32_t WriterState::records_here(std::uint32_t record_size, Step& step) noexcept {
  const std::uint32_t least = std::clamp(kPayloadBytesMax / 2 / record_size, 1U, kRecordsLeast);
  for (;;) {
    const std::uint32_t n = frames_.room(frames_.limit()) / record_size;
    if (n >= least) return std::min(n, kSliceRecordsMax);
    step = frames_.next_stripe(frames_.limit(), counts());
    if (step != Step::done) return 0;
  }
}

// `keep`: bytes of a frame that must still find room behind the entries; 0: none.
SegmentFrames::Step WriterState::write_entries(std::uint64_t limit, std::uint32_t keep) noexcept {
  while (entries.waiting()) {
    const RunEntries::Pack pack = entries.pack(frames_.room(limit));
    if (pack.n == 0) {
      if (keep != 0 && !frames_.fits_next_stripe(keep)) return Step::full;
      if (const Step step = frames_.next_stripe(limit, counts()); step != Step::done) return step;
      continue;
    }
    const auto bytes = frame_bytes(static_cast<std::uint32_t>(pack.payload.size()));
    if (keep != 0 && !frames_.fits(bytes, keep)) return Step::full;
    FrameHeader header = counts();
    header.n = pack.n;
    if (const Step step = frames_.write(header, pack.type, pack.payload); step != Step::done) {
      return step;
    }
    entries.written(pack);
  }
  return Step::done;
}

// The next segment has its name before this one's END tells it.
bool WriterState::rotate() noexcept {
  SegmentFile* const next = keeper->take();
  if (next == nullptr) return false;
  if (!holds_entries(next->bytes(), entries.bytes()) && next->bytes() < kSegmentBytesMax) {
    keeper->refuse(next);
    return false;
  }
  if (frames_.segment() != nullptr) {
    EndPayload payload = totals(last_taken_ns_);
    payload.next_segment = next->header().segment;
    (void)frames_.end(counts(), payload);  // one that cannot be ended ends where its frames end
    finished_bytes_ += frames_.offset();
  }
  begin(*next);
  rotated = true;
  keeper->ring();
  return true;
}

EndPayload WriterState::totals(std::int64_t at_ns) const noexcept {
  EndPayload payload{};
  payload.records_of_run = logged_;
  payload.unlogged = unlogged_;
  payload.finished_ns = at_ns;
  return payload;
}

// ---- when it cannot go on

void WriterState::leave_room_late(std::int64_t now_ns) noexcept {
  if (keeper->failing()) return stop({});
  if (late_since_ns_ == 0) late_since_ns_ = now_ns;
  if (options_.wait || now_ns - late_since_ns_ < kLateNs) return;
  stop("log: no next segment after 100 ms; the disk is slow, or segment_bytes is small");
}

// The segment cannot be written any more. Its file is left to the keeper, who counts what it holds.
void WriterState::leave_segment(std::int64_t now_ns) noexcept {
  SegmentFile& segment = *frames_.segment();
  const SegmentFile::Harm harm = segment.harm();
  if (frames_.records() == 0) resume_at_ns_ = now_ns + kPauseNs;
  try {
    stop(harm != SegmentFile::Harm::none ? fmt::format("log: '{}' {}", segment.path(), words(harm))
                                         : fmt::format("log: cannot write '{}': {}", segment.path(),
                                                       std::strerror(segment.error())));
  } catch (const std::exception&) {
    stop({});
  }
  if (harm == SegmentFile::Harm::none) {
    (void)frames_.end(counts(), totals(last_taken_ns_));
  } else {
    segment.finish(frames_.offset(), frames_.records());
    frames_.leave();
  }
  finished_bytes_ += frames_.offset();
  keeper->ring();
}

// Empty: the keeper knows why.
void WriterState::stop(const std::string& why) noexcept {
  shown_stopped_.store(true, std::memory_order_relaxed);  // order: relaxed; as in begin()
  try {
    std::string text = why.empty() ? keeper->why_failing() : why;
    const std::lock_guard lock(error_mutex_);
    error_ = std::move(text);
  } catch (const std::exception&) {
    // No memory for the words: stopped and unlogged tell.
  }
  has_error_.store(true, std::memory_order_relaxed);  // order: relaxed; the lock orders the text
}

// ---- a slice

bool WriterState::append(const Slice& slice, std::int64_t taken_ns) noexcept {
  if (stopped() || closed_) return not_logged(slice.count);
  last_taken_ns_ = taken_ns;
  const Step step = append_data(slice, taken_ns);
  if (step != Step::done) {
    not_logged(slice.count);
    if (step == Step::broken) leave_segment(taken_ns);
    return false;
  }
  logged_ += slice.count;
  // order: release; pairs with the acquire in SegmentLedger::sync(): these records are in a segment
  // that has begun.
  shown_logged_.store(logged_, std::memory_order_release);
  count_bytes();
  if (frames_.offset() - rung_at_ >= kRingEvery) {
    rung_at_ = frames_.offset();
    keeper->ring();  // pages ahead
  }
  return true;
}

// Names that came since reserve() go before it. Those for which the segment has no room left come at
// the start of the next one: rather so than no record.
SegmentFrames::Step WriterState::append_data(const Slice& slice, std::int64_t taken_ns) noexcept {
  const std::span payload(slice.records, std::size_t{slice.count} * slice.record_size);
  if (slice.count == 0 || payload.size() > kPayloadBytesMax) return Step::full;
  const auto bytes = static_cast<std::uint32_t>(payload.size());
  const std::uint64_t limit = frames_.segment()->bytes();
  if (write_entries(limit, frame_bytes(bytes)) == Step::broken) return Step::broken;
  if (frames_.room(limit) < bytes) {
    if (!frames_.fits_next_stripe(frame_bytes(bytes))) return Step::full;
    if (const Step step = frames_.next_stripe(limit, counts()); step != Step::done) return step;
  }
  FrameHeader header = counts();
  header.worker_seq = slice.worker_seq;
  header.worker = slice.worker;
  header.stream = static_cast<std::uint16_t>(slice.stream);
  header.n = slice.count;
  header.record_size = slice.record_size;
  header.taken_ns = taken_ns;
  return frames_.write(header, FrameType::data, payload);
}

bool WriterState::not_logged(std::uint32_t records) noexcept {
  unlogged_ += records;
  shown_unlogged_.store(unlogged_, std::memory_order_relaxed);  // order: relaxed; as in begin()
  return false;
}

void WriterState::count_bytes() noexcept {
  // order: relaxed; as in begin().
  shown_bytes_.store(finished_bytes_ + frames_.offset(), std::memory_order_relaxed);
}

// ---- the end

Result<void> WriterState::close(bool final, std::int64_t finished_ns) {
  if (closed_) return failure(Errc::closed, "log: it is closed already");
  closed_ = true;
  const Step step = write_last_entries();
  std::string fault;
  if (frames_.segment() == nullptr) {
    fault = "it has no END: " + status().error;
  } else {
    const std::string path = frames_.segment()->path();
    if (step != Step::done) fault = fmt::format("'{}' has no room for the last names", path);
    FrameHeader header = counts();
    if (final && step == Step::done) header.flags = kFinal;
    if (frames_.end(header, totals(final ? finished_ns : last_taken_ns_)) != Step::done) {
      fault = fmt::format("'{}' has no END: it cannot be written", path);
    }
    count_bytes();
  }
  auto synced = keeper->close();
  if (!fault.empty()) return failure(Errc::io, "log: " + fault);
  return synced;
}

// Here a wait is allowed: nothing else is under way.
SegmentFrames::Step WriterState::write_last_entries() {
  Step step = Step::full;
  do {
    if (frames_.segment() == nullptr) continue;
    if (frames_.segment()->harm() != SegmentFile::Harm::none) {
      leave_segment(last_taken_ns_);
      continue;
    }
    step = write_entries(frames_.segment()->bytes(), 0);
    if (step == Step::done) return step;
    if (step == Step::broken) leave_segment(last_taken_ns_);
  } while (wait_for_next());
  return step;
}

bool WriterState::wait_for_next() {
  const auto deadline = std::chrono::steady_clock::now() + kCloseWait;
  while (!rotate()) {
    if (keeper->failing() || std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

LogStatus WriterState::status() const {
  // order: relaxed (all); numbers that are only shown.
  const std::uint64_t logged = shown_logged_.load(std::memory_order_relaxed);
  const std::uint64_t lost = std::min(keeper->ledger().lost(), logged);
  LogStatus status;
  status.logged = logged - lost;
  status.unlogged = shown_unlogged_.load(std::memory_order_relaxed) + lost;  // order: see above
  status.durable = std::min(keeper->ledger().durable(), status.logged);
  status.dropped = keeper->ledger().dropped();
  status.segments = shown_segments_.load(std::memory_order_relaxed);  // order: see above
  status.bytes = shown_bytes_.load(std::memory_order_relaxed);        // order: see above
  status.stopped = shown_stopped_.load(std::memory_order_relaxed);    // order: see above
  status.mapped = shown_mapped_.load(std::memory_order_relaxed);      // order: see above
  if (!mine()) return status;  // a forked child: who held the locks is not there
  status.error = keeper->ledger().error();
  if (!has_error_.load(std::memory_order_relaxed)) return status;  // order: see above
  const std::lock_guard lock(error_mutex_);
  if (!status.error.empty() && !error_.empty()) status.error += "; ";
  status.error += error_;
  return status;
}

}  // namespace millrace::log
