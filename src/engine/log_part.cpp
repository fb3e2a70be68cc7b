// SPDX-License-Identifier: Apache-2.0
#include "engine/log_part.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "log/segment_reader.hpp"

namespace millrace {

LogPart segment_part(const std::string& path, std::size_t run) {
  return {run, [path]() -> Result<std::unique_ptr<log::FrameSource>> {
            auto reader = log::SegmentReader::open(path);
            if (!reader) return tl::unexpected(std::move(reader).error());
            return std::unique_ptr<log::FrameSource>(std::move(*reader));
          }};
}

void visit_part(const LogPart& part, log::PartScan& scan, const VisitSlice& visit) {
  auto source = part.open();
  if (!source) {
    scan.damages.push_back({"", 0, 0, source.error().message});
    return;
  }
  while (const auto frame = (*source)->next()) {
    if (!scan.add(*frame, (*source)->name())) continue;
    const log::FrameHeader& header = frame->header;
    visit(*frame, Slice{.records = frame->payload.data(),
                        .count = header.n,
                        .record_size = header.record_size,
                        .stream = header.stream,
                        .worker = header.worker,
                        .worker_seq = header.worker_seq});
  }
  scan.close(**source);
  const auto& damages = (*source)->damages();
  scan.damages.insert(scan.damages.end(), damages.begin(), damages.end());
}

void each_in_parallel(std::size_t count, unsigned threads,
                      const std::function<void(std::size_t, unsigned)>& visit) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&](unsigned thread) noexcept {
    try {
      // order: relaxed; hands out indices, and nothing else goes with them.
      for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
        visit(i, thread);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      next.store(count, std::memory_order_relaxed);  // order: relaxed; the others stop soon
    }
  };
  {
    std::vector<std::jthread> others;
    const auto wanted = static_cast<unsigned>(std::min<std::size_t>(threads, count));
    for (unsigned thread = 1; thread < wanted; ++thread) {
      try {
        others.emplace_back(work, thread);
      } catch (const std::exception&) {
        break;  // fewer threads do it all, too
      }
    }
    work(0);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace millrace
