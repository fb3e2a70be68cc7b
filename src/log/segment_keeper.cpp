// SPDX-License-Identifier: Apache-2.0
#include "log/segment_keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include "log/segment_frames.hpp"
#include "record/caught.hpp"
#include "record/uninterrupted.hpp"

namespace millrace::log {
namespace {

constexpr std::chrono::seconds kCheckEvery{1};
constexpr std::size_t kOpenMost = 2;  // segments that are mapped

// Threads inherit the mask of who starts them; a host's signals are not for ours.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

Result<std::unique_ptr<SegmentKeeper>> SegmentKeeper::open(
    const WriterOptions& options, const SegmentHeader& header, std::uint64_t segment,
    const std::atomic<std::uint64_t>& logged) {
  FileDescriptor dir(uninterrupted(
      [&] { return ::openat(AT_FDCWD, options.dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (dir.get() < 0) {
    return failure(Errc::io, fmt::format("log: cannot open the folder '{}': {}", options.dir,
                                         std::strerror(errno)));
  }
  std::unique_ptr<SegmentKeeper> keeper(
      new SegmentKeeper(std::move(dir), options, header, segment, logged));
  auto first = keeper->make_one();
  if (!first) return tl::unexpected(std::move(first).error());
  // order: relaxed; the threads are not there yet.
  keeper->ready_.store(first->get(), std::memory_order_relaxed);
  if (auto started = keeper->start(); !started) return tl::unexpected(std::move(started).error());
  return keeper;
}

SegmentKeeper::SegmentKeeper(FileDescriptor dir, const WriterOptions& options,
                             const SegmentHeader& header, std::uint64_t segment,
                             const std::atomic<std::uint64_t>& logged)
    : dir_(std::move(dir)),
      options_(options),
      header_(header),
      segment_(segment),
      ledger_(dir_.get(), options, logged) {}

SegmentKeeper::~SegmentKeeper() {
  stop();
  ledger_.discard_all(false);
}

void SegmentKeeper::abandon() noexcept {
  stop();
  ledger_.discard_all(true);
}

Result<void> SegmentKeeper::start() {
  const AllSignalsBlocked blocked;
  try {
    maker_ = std::thread([this] { make_and_keep(); });
    ::pthread_setname_np(maker_.native_handle(), "millrace-log");
    if (options_.sync == LogSync::never) return {};
    syncer_ = std::thread([this] { sync_now_and_then(); });
    ::pthread_setname_np(syncer_.native_handle(), "millrace-sync");
    return {};
  } catch (const std::system_error& error) {
    return failure(Errc::io, fmt::format("log: no helper thread: {}", error.what()));
  }
}

void SegmentKeeper::stop() noexcept {
  stopping_.store(true, std::memory_order_release);  // order: release; pairs with stopping()
  maker_bell_.ring();
  if (maker_.joinable()) maker_.join();
  sync_bell_.ring();
  if (syncer_.joinable()) syncer_.join();
}

bool SegmentKeeper::stopping() const noexcept {
  return stopping_.load(std::memory_order_acquire);  // order: acquire; pairs with stop()
}

SegmentFile* SegmentKeeper::take() noexcept {
  // order: relaxed, then acquire; the exchange pairs with the release in make_next().
  if (ready_.load(std::memory_order_relaxed) == nullptr) return nullptr;
  return ready_.exchange(nullptr, std::memory_order_acquire);  // order: see above
}

void SegmentKeeper::refuse(SegmentFile* segment) noexcept {
  refused_.store(segment, std::memory_order_release);  // order: release; pairs with the maker's
  maker_bell_.ring();
}

bool SegmentKeeper::failing() const noexcept {
  return failing_.load(std::memory_order_acquire);  // order: acquire; pairs with note_failure()
}

std::string SegmentKeeper::why_failing() const {
  const std::lock_guard lock(why_mutex_);
  return why_;
}

void SegmentKeeper::entries_bytes(std::uint64_t bytes) noexcept {
  entries_bytes_.store(bytes, std::memory_order_relaxed);  // order: relaxed; one number
}

Result<void> SegmentKeeper::close() {
  stop();
  ledger_.discard_all(false);
  for (const auto& segment : ledger_.open_segments()) {
    if (segment->finished() && !segment->unmapped()) {
      segment->check();
      segment->unmap();
    }
  }
  Result<void> synced;
  if (options_.sync != LogSync::never) synced = ledger_.sync();
  ledger_.settle();
  return synced;
}

Result<std::shared_ptr<SegmentFile>> SegmentKeeper::make_one() {
  // order: relaxed; one number.
  const std::uint64_t entries = entries_bytes_.load(std::memory_order_relaxed);
  header_.segment_bytes = segment_bytes_for(options_.segment_bytes, entries);
  header_.segment = segment_;
  ledger_.make_room(header_.segment_bytes);
  ledger_.expect();
  int why = 0;
  auto made = SegmentFile::make({.dir_fd = dir_.get(),
                                 .dir = options_.dir,
                                 .header = header_,
                                 .mapped = options_.mapped,
                                 .durable = options_.sync != LogSync::never},
                                &why);
  if (!made) {
    // The run's first number is the caller's to choose; later ones pass over what is there.
    if (why == EEXIST && header_.run_index != 0) ++segment_;
    return made;
  }
  ledger_.add(*made);
  ++segment_;
  ++header_.run_index;
  return made;
}

// The first helper thread.
void SegmentKeeper::make_and_keep() noexcept {
  while (!stopping()) {
    const std::uint32_t heard = maker_bell_.heard();
    const Clock::time_point now = Clock::now();
    bool more = false;
    try {
      more = turn(now);
    } catch (const std::exception&) {  // std::bad_alloc: there may be memory later
      note_failure(caught_error().message);
      retry_at_ = now + kRetry;
    }
    if (!more) maker_bell_.wait(heard, failing() ? kRetry : std::chrono::milliseconds{kCheckEvery});
  }
}

// Whether there is more to do at once.
bool SegmentKeeper::turn(Clock::time_point now) {
  take_back_refused();
  const auto open = ledger_.open_segments();
  const bool check = now >= check_at_;
  if (check) check_at_ = now + kCheckEvery;
  bool finished = false;
  bool more = false;
  std::size_t in_use = 0;
  for (const auto& segment : open) {
    if (segment->finished()) {
      if (!segment->unmapped()) segment->check();
      finished = finished || !segment->unmapped();
      segment->unmap();
      continue;
    }
    ++in_use;
    if (check && segment->begun()) segment->check();
    more = segment->prefault() || more;
  }
  if (in_use < kOpenMost) make_next(now);
  if (options_.sync == LogSync::never) {
    ledger_.settle();
  } else if (finished) {
    sync_bell_.ring();
  }
  return more;
}

void SegmentKeeper::make_next(Clock::time_point now) {
  // order: relaxed; this thread is the one that sets it.
  if (ready_.load(std::memory_order_relaxed) != nullptr || now < retry_at_) return;
  auto made = make_one();
  if (!made) {
    note_failure(std::move(made).error().message);
    retry_at_ = now + kRetry;
    return;
  }
  failing_.store(false, std::memory_order_relaxed);  // order: relaxed; `ready_` tells the writer
  // order: release; pairs with take(): the segment is as it was made.
  ready_.store(made->get(), std::memory_order_release);
}

void SegmentKeeper::take_back_refused() noexcept {
  // order: acquire; pairs with refuse(): the writer is done with it.
  SegmentFile* const refused = refused_.exchange(nullptr, std::memory_order_acquire);
  if (refused == nullptr) return;
  ledger_.discard(refused);
  --header_.run_index;  // it was the last one made, and nobody has seen it
  --segment_;
}

void SegmentKeeper::note_failure(std::string why) noexcept {
  const std::lock_guard lock(why_mutex_);
  why_ = std::move(why);
  failing_.store(true, std::memory_order_release);  // order: release; pairs with failing()
}

// The second one.
void SegmentKeeper::sync_now_and_then() noexcept {
  const auto every = std::max(options_.sync_every, std::chrono::milliseconds{1});
  Clock::time_point due = Clock::now() + every;
  while (!stopping()) {
    const std::uint32_t heard = sync_bell_.heard();
    try {
      ledger_.settle();
      if (options_.sync == LogSync::interval && Clock::now() >= due) {
        (void)ledger_.sync();  // what it says stays in ledger_.error()
        due = Clock::now() + every;
      }
    } catch (const std::exception&) {
      due = Clock::now() + every;  // there may be memory then
    }
    if (options_.sync == LogSync::on_flush) due = Clock::now() + every;
    const std::chrono::nanoseconds left = due - Clock::now();
    if (left.count() > 0 && !stopping()) sync_bell_.wait(heard, left);
  }
}

}  // namespace millrace::log
