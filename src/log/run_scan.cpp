// SPDX-License-Identifier: Apache-2.0
#include "log/run_scan.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "log/entries.hpp"
#include "record/counts.hpp"

namespace millrace::log {
namespace {

void keep_greatest(std::map<std::uint32_t, AccountEntry>& accounts, const AccountEntry& entry) {
  AccountEntry& kept = accounts.try_emplace(entry.worker, entry).first->second;
  kept.accepted = std::max(kept.accepted, entry.accepted);
  kept.rejected_full = std::max(kept.rejected_full, entry.rejected_full);
  kept.rejected_closed = std::max(kept.rejected_closed, entry.rejected_closed);
  kept.rejected_reentrant = std::max(kept.rejected_reentrant, entry.rejected_reentrant);
}

// Below, so that the sum of the four is a number.
bool in_range(const AccountEntry& entry) noexcept {
  return std::max({entry.accepted, entry.rejected_full, entry.rejected_closed,
                   entry.rejected_reentrant}) < kCountMax;
}

bool same(const StreamText& a, const StreamText& b) { return to_text(a) == to_text(b); }

}  // namespace

void RunNames::merge(const RunNames& other) {
  streams.insert(other.streams.begin(), other.streams.end());
  labels.insert(other.labels.begin(), other.labels.end());
  error_classes.insert(other.error_classes.begin(), other.error_classes.end());
}

bool PartScan::add(const Frame& frame, const std::string& file) {
  ++frames;
  unlogged = std::max(unlogged, frame.header.unlogged);
  number(frame, file);
  switch (frame.type()) {
    case FrameType::data:
      return add_data(frame, file);
    case FrameType::names:
      add_names(frame, file);
      break;
    case FrameType::account:
      add_accounts(frame, file);
      break;
    case FrameType::end:
      end.emplace();
      std::memcpy(&*end, frame.payload.data(), std::min(frame.payload.size(), sizeof *end));
      final = (frame.header.flags & kFinal) != 0;
      break;
    case FrameType::pad:
      break;
  }
  return false;
}

// Names files number no records: a NAMES or ACCOUNT frame with the number 0 says nothing.
void PartScan::number(const Frame& frame, const std::string& file) {
  const FrameHeader& header = frame.header;
  const bool entries = frame.type() == FrameType::names || frame.type() == FrameType::account;
  if (frame.type() == FrameType::pad || (entries && header.record_no == 0)) return;
  if (!first_record_no) {
    first_record_no = header.record_no;
  } else if (header.record_no > next_record_no) {
    missing += header.record_no - next_record_no;
  } else if (header.record_no < next_record_no) {
    return refuse(frame, file,
                  fmt::format("a frame from record {} where record {} is next: numbers go back",
                              header.record_no, next_record_no));
  }
  next_record_no = header.record_no;
}

bool PartScan::add_data(const Frame& frame, const std::string& file) {
  const FrameHeader& header = frame.header;
  if (header.record_no < next_record_no) return false;  // noted by number()
  next_record_no = header.record_no + header.n;
  if (header.taken_ns != 0) last_taken_ns = header.taken_ns;

  const auto stream = names.streams.find(header.stream);
  if (stream == names.streams.end() || stream->second.schema.record_size != header.record_size) {
    missing += header.n;
    refuse(frame, file,
           fmt::format("{} records of stream {}, which has no schema here for {} bytes", header.n,
                       header.stream, header.record_size));
    return false;
  }
  const Span fresh{header.stream, header.worker_seq, header.worker_seq, 0};
  Span& span = workers.try_emplace(header.worker, fresh).first->second;
  if (span.stream != header.stream) {
    missing += header.n;
    refuse(frame, file,
           fmt::format("{} records of stream {} by worker {}, which has stream {}", header.n,
                       header.stream, header.worker, span.stream));
    return false;
  }
  if (header.worker_seq < span.next) {
    refuse(frame, file,
           fmt::format("records {} to {} of worker {} come twice: {} is next", header.worker_seq,
                       header.worker_seq + header.n - 1, header.worker, span.next));
    return false;
  }
  span.next = header.worker_seq + header.n;
  span.records += header.n;
  records += header.n;
  return true;
}

void PartScan::add_names(const Frame& frame, const std::string& file) {
  const bool whole =
      for_each_name(frame.payload, frame.header.n,
                    [&](NameKind kind, std::uint16_t number, std::string_view text) {
                      if (const char* fault = add_name(kind, number, text)) {
                        refuse(frame, file, fmt::format("{} (number {})", fault, number));
                      }
                    });
  if (!whole) refuse(frame, file, "a NAMES frame does not hold its entries");
}

void PartScan::add_accounts(const Frame& frame, const std::string& file) {
  const auto add = [&](const AccountEntry& entry) {
    if (in_range(entry)) return keep_greatest(accounts, entry);
    refuse(frame, file, fmt::format("the figures of worker {} leave their range", entry.worker));
  };
  if (!for_each_account(frame.payload, frame.header.n, add)) {
    refuse(frame, file, "an ACCOUNT frame does not hold its entries");
  }
}

// Kinds that are not known are of a later minor version, and passed over.
const char* PartScan::add_name(NameKind kind, std::uint16_t number, std::string_view text) {
  const auto room = [&] { return text.size() <= kNameTextMax - name_bytes_; };
  constexpr const char* kFull = "names beyond the bound of what is held";
  constexpr const char* kOther = "a second, other name for a number";
  if (kind == NameKind::stream) {
    auto parsed = parse_stream(text);
    if (!parsed) return "a stream whose text is no schema";
    if (const auto known = names.streams.find(number); known != names.streams.end()) {
      return same(known->second, *parsed) ? nullptr : kOther;
    }
    if (!room()) return kFull;
    names.streams.emplace(number, *std::move(parsed));
  } else if (kind == NameKind::label || kind == NameKind::error_class) {
    auto& of_kind = kind == NameKind::label ? names.labels : names.error_classes;
    if (const auto known = of_kind.find(number); known != of_kind.end()) {
      return known->second == text ? nullptr : kOther;
    }
    if (!room()) return kFull;
    of_kind.emplace(number, text);
  } else {
    return nullptr;
  }
  name_bytes_ += text.size();
  return nullptr;
}

void PartScan::close(const FrameSource& source) {
  const std::uint64_t until = source.logged_until();
  if (until <= next_record_no) return;
  if (!first_record_no) {
    // Nothing tells where the part began but that it is empty up to here: RunScan counts the break.
    first_record_no = until;
  } else {
    missing += until - next_record_no;
  }
  next_record_no = until;
}

void PartScan::refuse(const Frame& frame, const std::string& file, std::string what) {
  note(damages, {file, frame.offset, bytes_of(frame.header.commit), std::move(what)});
}

void RunScan::add(const PartScan& part, std::optional<std::uint64_t> run_index,
                  const std::string& name) {
  index(part, run_index, name);
  number(part, name);
  join_workers(part, name);
  names.merge(part.names);
  for (const auto& [worker, entry] : part.accounts) keep_greatest(accounts, entry);
  for (const Damage& damage : part.damages) note(damages, damage);
  records += part.records;
  add_to(missing, part.missing);
  unlogged = std::max(unlogged, part.unlogged);
  if (part.last_taken_ns != 0) last_taken_ns = part.last_taken_ns;
  // Without frames: prepared, and never used; its run may have been closed before.
  if (part.frames == 0) return;
  final = part.final;
  finished_ns = final && part.end ? part.end->finished_ns : 0;
}

void RunScan::index(const PartScan& part, std::optional<std::uint64_t> run_index,
                    const std::string& name) {
  if (!run_index) return;
  if (!next_index_) {
    if (*run_index > 0) next_record_no_ = dropped = part.first_record_no.value_or(0);
  } else if (*run_index > *next_index_) {
    add_to(segments_missing, *run_index - *next_index_);
  } else if (*run_index < *next_index_) {
    note(damages, {name, 0, 0,
                   fmt::format("segment {} of its run comes behind segment {}", *run_index,
                               *next_index_ - 1)});
  }
  next_index_ = *run_index + 1;
}

void RunScan::number(const PartScan& part, const std::string& name) {
  if (!part.first_record_no) return;
  const std::uint64_t first = *part.first_record_no;
  if (first > next_record_no_) {
    add_to(missing, first - next_record_no_);
    note(damages, {name, 0, 0,
                   fmt::format("records {} to {} of the run were logged and are not here",
                               next_record_no_, first - 1)});
  } else if (first < next_record_no_) {
    note(damages, {name, 0, 0,
                   fmt::format("begins at record {} where record {} is next: numbers go back",
                               first, next_record_no_)});
  }
  next_record_no_ = std::max(next_record_no_, part.next_record_no);
}

void RunScan::join_workers(const PartScan& part, const std::string& name) {
  for (const auto& [worker, span] : part.workers) {
    const auto before = logged_until.find(worker);
    if (before != logged_until.end() && span.first < before->second) {
      note(damages, {name, 0, 0,
                     fmt::format("records {} to {} of worker {} come twice", span.first,
                                 std::min(before->second, span.next) - 1, worker)});
    }
    if (!stream_of.try_emplace(worker, span.stream).second && stream_of[worker] != span.stream) {
      note(damages, {name, 0, 0,
                     fmt::format("worker {} has stream {}, and had {} before", worker, span.stream,
                                 stream_of[worker])});
    }
    std::uint64_t& until = logged_until[worker];
    until = std::max(until, span.next);
    logged[worker] += span.records;
  }
}

std::uint64_t RunScan::lost() const noexcept {
  // A worker's account may be older than its last frame; worker 0 stands for those without one.
  std::uint64_t accepted = 0, without_account = 0;
  for (const auto& [worker, until] : logged_until) {
    if (worker != 0 && accounts.count(worker) == 0) add_to(without_account, until);
  }
  for (const auto& [worker, entry] : accounts) {
    const auto until = logged_until.find(worker);
    const std::uint64_t seen = worker == 0                   ? without_account
                               : until == logged_until.end() ? 0
                                                             : until->second;
    add_to(accepted, std::max(entry.accepted, seen));
  }
  if (accounts.count(0) == 0) add_to(accepted, without_account);
  std::uint64_t explained = records;
  for (const std::uint64_t part : {unlogged, missing, dropped}) add_to(explained, part);
  return accepted > explained ? accepted - explained : 0;
}

}  // namespace millrace::log
