// SPDX-License-Identifier: Apache-2.0
#include "log/log_writer.hpp"

#include <utility>

#include <fmt/format.h>

#include "log/writer_state.hpp"
#include "record/counts.hpp"

namespace millrace::log {

struct LogWriter::Parts : WriterState {
  using WriterState::WriterState;
};

Result<std::unique_ptr<LogWriter>> LogWriter::open(const WriterOptions& options,
                                                   const SegmentHeader& header,
                                                   std::uint64_t segment) {
  if (options.segment_bytes < kSegmentBytesMin || options.segment_bytes > kSegmentBytesMax) {
    return failure(Errc::invalid_argument, "log: segment_bytes is 256 KiB to 16 GiB");
  }
  // Beyond the half the numbers that are left could run out under way.
  if (segment == 0 || segment > kCountMax / 2) {
    return failure(Errc::limit, fmt::format("log: no segment can have the number {}; use another "
                                            "folder",
                                            segment));
  }
  std::unique_ptr<LogWriter> writer(new LogWriter(std::make_unique<Parts>(options)));
  if (auto opened = writer->parts_->open(header, segment); !opened) {
    return tl::unexpected(std::move(opened).error());
  }
  return writer;
}

LogWriter::LogWriter(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

LogWriter::~LogWriter() {
  // In a forked child the helper threads are not there to be joined, and the mapping is not ours.
  if (!parts_->mine()) (void)parts_.release();
}

void LogWriter::name(NameKind kind, std::uint16_t number, std::string_view text) {
  parts_->entries.name(kind, number, text);
  parts_->keeper->entries_bytes(parts_->entries.bytes());
}

void LogWriter::account(const AccountEntry& entry) {
  parts_->entries.account(entry);
  parts_->keeper->entries_bytes(parts_->entries.bytes());
}

void LogWriter::forget_name() noexcept {
  parts_->entries.forget_name();
  parts_->keeper->entries_bytes(parts_->entries.bytes());
}

std::uint32_t LogWriter::reserve(std::uint32_t record_size, std::int64_t now_ns) noexcept {
  return parts_->reserve(record_size, now_ns);
}

bool LogWriter::rotated() noexcept { return std::exchange(parts_->rotated, false); }

bool LogWriter::append(const Slice& slice, std::int64_t taken_ns) noexcept {
  return parts_->append(slice, taken_ns);
}

Result<void> LogWriter::close(bool final, std::int64_t finished_ns) {
  if (!parts_->mine()) return failure(Errc::closed, "log: this process is a forked child");
  return parts_->close(final, finished_ns);
}

void LogWriter::abandon() noexcept {
  if (parts_->mine()) parts_->keeper->abandon();
}

LogStatus LogWriter::status() const { return parts_->status(); }

Result<void> LogWriter::sync() {
  if (!parts_->mine()) return failure(Errc::closed, "log: this process is a forked child");
  return parts_->keeper->ledger().sync();
}

}  // namespace millrace::log
