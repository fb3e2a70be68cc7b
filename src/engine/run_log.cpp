// SPDX-License-Identifier: Apache-2.0
#include "engine/run_log.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>

#include "log/recovery.hpp"
#include "record/caught.hpp"

namespace millrace {
namespace {

std::int64_t real_ns() noexcept {
  return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

Result<void> make_folder(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failure(Errc::io,
                 fmt::format("log: cannot make the folder '{}': {}", dir, std::strerror(errno)));
}

log::WriterOptions writer_options(const EngineOptions& options) {
  return {.dir = options.log_dir,
          .segment_bytes = options.segment_bytes,
          .mapped = options.log_write == LogWrite::mapped,
          .sync = options.log_sync,
          .sync_every = options.log_sync_interval,
          .bytes_max = options.log_bytes_max,
          .wait = options.overflow == Overflow::wait};
}

}  // namespace

Result<std::unique_ptr<RunLog>> RunLog::open(const EngineOptions& options, std::int64_t opened_ns) {
  if (auto made = make_folder(options.log_dir); !made) return tl::unexpected(made.error());
  std::unique_ptr<RunLog> run(new RunLog);
  run->dir_ = options.log_dir;

  auto lock = log::FolderLock::acquire(options.log_dir, log::FolderLock::Kind::exclusive);
  if (!lock) return tl::unexpected(std::move(lock).error());
  if (!*lock) {
    return failure(Errc::closed,
                   fmt::format("log: '{}' is in use (process {}); give each engine a folder of its "
                               "own",
                               options.log_dir, log::FolderLock::holder(options.log_dir)));
  }
  run->lock_ = std::move(**lock);

  auto folder = log::LogFolder::list(options.log_dir, options.ring_dir, true);
  if (!folder) return tl::unexpected(std::move(folder).error());
  if (!folder->runs.empty() && !options.append_log) {
    return failure(
        Errc::invalid_argument,
        fmt::format("log: '{}' holds {} run{} already; set append_log (--append) to add "
                    "another, "
                    "or give an empty folder",
                    options.log_dir, folder->runs.size(), folder->runs.size() == 1 ? "" : "s"));
  }
  auto recovered = log::recover(*folder, {.ring_dir = options.ring_dir});
  if (!recovered) return tl::unexpected(std::move(recovered).error());
  if (recovered->records != 0) {
    run->notice_ = fmt::format("log: {} records of a run that had died were taken from its rings",
                               recovered->records);
  }

  const bool fresh = folder->runs.empty();
  run->identity_ = RunIdentity::make(fresh ? random_id() : folder->log_id);
  log::SegmentHeader header = log::make_header(run->identity_, log::FileKind::segment);
  header.opened_ns = opened_ns;
  header.opened_real_ns = real_ns();
  header.rings = !options.ring_files        ? log::RingPlace::none
                 : options.ring_dir.empty() ? log::RingPlace::folder
                                            : log::RingPlace::ring_dir;
  if (!options.ring_dir.empty()) {
    std::error_code ignored;
    const std::string place =
        std::filesystem::absolute(options.ring_dir, ignored).lexically_normal().string();
    std::memcpy(header.ring_dir, place.data(), std::min(place.size(), sizeof header.ring_dir - 1));
  }

  // The writer first: a folder on a full disk is refused before anything else is there.
  auto writer = log::LogWriter::open(writer_options(options), header, recovered->next_segment);
  if (!writer) return tl::unexpected(std::move(writer).error());
  run->writer_ = std::move(*writer);
  header.kind = log::FileKind::names;
  auto names =
      log::NamesFile::create(options.ring_dir.empty() ? options.log_dir : options.ring_dir, header);
  if (!names) return tl::unexpected(std::move(names).error());
  run->names_ = std::move(*names);
  return run;
}

RunLog::~RunLog() {
  if (begun_) return;
  if (names_ != nullptr) names_->remove();
  if (writer_ != nullptr) writer_->abandon();
}

void RunLog::name(log::NameKind kind, std::uint16_t number, std::string_view text) {
  if (auto written = names_->name(kind, number, text); !written) note(std::move(written).error());
}

void RunLog::retired(std::uint32_t worker, std::uint32_t stream, std::uint64_t accepted,
                     const Rejected& rejected) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;  // its account is in the log
  }
  auto written = caught([&] {
    return names_->account(
        {worker, stream, accepted, rejected.full, rejected.closed, rejected.reentrant});
  });
  if (!written) note(std::move(written).error());
}

void RunLog::note(Error why) noexcept {
  const std::lock_guard lock(mutex_);
  names_error_ = std::move(why.message);
}

Result<void> RunLog::stream(std::uint16_t number, const log::StreamText& text) {
  const std::string json = log::to_text(text);
  if (json.size() > log::kNameBytesMax) {
    return failure(Errc::limit, fmt::format("stream '{}': its schema takes {} bytes in the log, "
                                            "{} at most; use fewer or shorter names",
                                            text.name, json.size(), log::kNameBytesMax));
  }
  writer_->name(log::NameKind::stream, number, json);
  auto written = caught([&] { return names_->name(log::NameKind::stream, number, json); });
  if (!written) writer_->forget_name();
  return written;
}

void RunLog::append_names(log::NameKind kind, const Names& names, std::size_t& known) {
  if (names.size() == known) return;
  for (const std::string& name : names.since(known)) {
    writer_->name(kind, static_cast<std::uint16_t>(known++), name);
  }
}

void RunLog::append(const Slice& slice, std::int64_t taken_ns, const Names& labels,
                    const Names& errors) {
  append_names(log::NameKind::label, labels, labels_known_);
  append_names(log::NameKind::error_class, errors, errors_known_);
  writer_->append(slice, taken_ns);
}

Result<void> RunLog::close(bool whole, const std::vector<log::AccountEntry>& workers,
                           std::int64_t finished_ns) {
  for (const log::AccountEntry& worker : workers) writer_->account(worker);
  auto closed = writer_->close(whole, finished_ns);
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (closed && whole) names_->remove();
  return closed;
}

LogAccount RunLog::account() const {
  const log::LogStatus status = writer_->status();
  LogAccount account{.dir = dir_,
                     .logged = status.logged,
                     .unlogged = status.unlogged,
                     .durable = status.durable,
                     .dropped = status.dropped,
                     .segments = status.segments,
                     .bytes = status.bytes,
                     .stopped = status.stopped,
                     .mapped = status.mapped,
                     .error = status.error};
  const std::lock_guard lock(mutex_);
  if (account.error.empty()) account.error = names_error_;
  return account;
}

}  // namespace millrace
