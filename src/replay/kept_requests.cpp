// SPDX-License-Identifier: Apache-2.0
#include "replay/kept_requests.hpp"

#include <algorithm>
#include <span>

namespace millrace {
namespace {

constexpr std::size_t kHeldMax = 1024;  // before they go to the file

std::size_t list_of(Status status) {
  return std::min<std::size_t>(static_cast<std::size_t>(status), kStatusCount - 1);
}

}  // namespace

KeptRequests::KeptRequests(std::optional<std::uint64_t> sample, const std::string& dir)
    : sample_(sample),
      lists_{List(dir, sample.value_or(0), kSampleSeed),
             List(dir, sample.value_or(0), kSampleSeed + 1),
             List(dir, sample.value_or(0), kSampleSeed + 2)} {
  static_assert(kStatusCount == 3);
}

void KeptRequests::add(const GenerationRecord& record) {
  List& list = lists_[list_of(record.status)];
  ++list.seen;
  if (sample_) return list.reservoir.add(record);
  list.held.push_back(record);
  if (list.held.size() == kHeldMax) put_away(list);
}

void KeptRequests::put_away(List& list) {
  if (list.failed.empty()) list.failed = list.file.append(std::as_bytes(std::span(list.held)));
  list.in_file += list.held.size();
  list.held.clear();
}

void KeptRequests::finish() {
  if (!sample_) return;
  for (List& list : lists_) list.held = list.reservoir.take();
}

Result<void> KeptRequests::visit(Status status, const Visit& visit) {
  List& list = lists_[list_of(status)];
  std::vector<GenerationRecord> some;
  for (std::uint64_t at = 0; at < list.in_file; at += some.size()) {
    some.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kHeldMax, list.in_file - at)));
    if (list.failed.empty()) {
      list.failed = list.file.read(at * sizeof(GenerationRecord),
                                   std::as_writable_bytes(std::span(some)));
    }
    if (!list.failed.empty()) return failure(Errc::io, "the requests of the report: " + list.failed);
    for (const GenerationRecord& record : some) {
      if (auto visited = visit(record); !visited) return visited;
    }
  }
  for (const GenerationRecord& record : list.held) {
    if (auto visited = visit(record); !visited) return visited;
  }
  return {};
}

}  // namespace millrace
