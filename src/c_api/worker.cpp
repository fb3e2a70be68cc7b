// SPDX-License-Identifier: Apache-2.0
//
// The path of a record from C: Port's, with a copy of a size that is known at run time.
#include "millrace/c/worker.h"

#include <cstring>

#include <fmt/format.h>

#include "c_api/handles.hpp"
#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"

using namespace millrace;
using namespace millrace::c_api;

namespace {

// Word by word, for a record that the caller has just written field by field: a wider load would wait until all of
// its fields' stores are done. (8 bytes at a time, which is what sizes are a multiple of.)
inline void copy_fresh(std::byte* to, const void* record, std::uint32_t size) noexcept {
  const auto* from = static_cast<const std::byte*>(record);
  const auto* const end = from + size;
  do {
    std::uint64_t word;
    std::memcpy(&word, from, sizeof word);
    asm("" : "+r"(word));  // else the compiler makes wider ones of them
    std::memcpy(to, &word, sizeof word);
    from += sizeof word;
    to += sizeof word;
  } while (from != end);
}

// 16 bytes at a time, for records that have been in memory for a while. Not memcpy: the call would cost more.
inline void copy_settled(std::byte* to, const std::byte* from, std::uint32_t size) noexcept {
  std::uint32_t at = 0;
  for (; at + 16 <= size; at += 16) std::memcpy(to + at, from + at, 16);
  if (at != size) std::memcpy(to + at, from + at, 8);
}

}  // namespace

int millrace_worker_open(millrace_stream* stream, std::size_t record_size, millrace_worker** worker,
                         millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto out = given("millrace_worker_open", {{"worker", worker}}); !out) return out;
    *worker = nullptr;
    if (auto all = given("millrace_worker_open", {{"stream", stream}}); !all) return all;
    if (record_size != stream->record_size) {
      return failure(Errc::invalid_argument,
                     fmt::format("worker: records of {} bytes; the stream's schema has {}",
                                 record_size, stream->record_size));
    }
    auto port = detail::open_port(stream->core, stream->id);
    if (!port) return tl::unexpected(std::move(port).error());
    *worker = new millrace_worker{std::move(*port), stream->record_size, stream->blank};
    return {};
  });
}

bool millrace_push(millrace_worker* worker, const void* record) {
  if (worker == nullptr || record == nullptr) [[unlikely]]
    return false;
  std::byte* const room = worker->port.enter();
  if (room == nullptr) [[unlikely]]
    return false;
  const std::uint32_t size = worker->record_size;
  copy_fresh(room, record, size);
  return worker->port.publish(size);
}

std::size_t millrace_push_many(millrace_worker* worker, const void* records, std::size_t count) {
  if (worker == nullptr || records == nullptr) return 0;
  const std::uint32_t size = worker->record_size;
  const auto* from = static_cast<const std::byte*>(records);
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < count; ++i, from += size) {
    std::byte* const room = worker->port.enter();
    if (room == nullptr) [[unlikely]]
      continue;
    copy_settled(room, from, size);
    if (worker->port.publish(size)) ++accepted;
  }
  return accepted;
}

void* millrace_claim(millrace_worker* worker) {
  if (worker == nullptr) [[unlikely]]
    return nullptr;
  std::byte* const room = worker->port.claim_as_it_is();
  if (room != nullptr) copy_settled(room, worker->blank.data(), worker->record_size);
  return room;
}

bool millrace_commit(millrace_worker* worker) { return worker != nullptr && worker->port.commit(); }

std::uint32_t millrace_worker_id(const millrace_worker* worker) {
  return worker == nullptr ? 0 : worker->port.id();
}

std::uint64_t millrace_worker_accepted(const millrace_worker* worker) {
  return worker == nullptr ? 0 : worker->port.accepted();
}

int millrace_worker_rejected(const millrace_worker* worker, millrace_rejected* rejected,
                             millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_worker_rejected", {{"worker", worker}, {"rejected", rejected}});
        !all) {
      return all;
    }
    const Rejected counts = worker->port.rejected();
    return put("millrace_rejected",
               {.struct_size = 0,
                .full = counts.full,
                .closed = counts.closed,
                .forked = counts.forked,
                .reentrant = counts.reentrant},
               rejected);
  });
}

void millrace_worker_close(millrace_worker* worker) { delete worker; }
