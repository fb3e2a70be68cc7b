// SPDX-License-Identifier: Apache-2.0
#include "log/recovery.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "log/recovery_segment.hpp"
#include "log/ring_reader.hpp"
#include "log/run_scan.hpp"
#include "log/segment_reader.hpp"
#include "record/counts.hpp"

namespace millrace::log {
namespace {

class Recovery {
 public:
  Recovery(const LogFolder& folder, const RecoveryOptions& options)
      : folder_(folder), options_(options) {
    done_.next_segment = folder.next_segment;
  }

  Result<Recovered> all() {
    for (const std::string& path : folder_.unfinished) {
      before(RecoveryStep::remove_unfinished);
      if (auto gone = remove(path); !gone) return tl::unexpected(gone.error());
    }
    for (const RunFiles& run : folder_.runs) {
      if (auto taken = take(run); !taken) return tl::unexpected(taken.error());
    }
    return std::move(done_);
  }

 private:
  void before(RecoveryStep step) const {
    if (options_.before) options_.before(step);
  }

  Result<void> take(const RunFiles& run) {
    auto scan = scan_of(run);
    if (!scan) return tl::unexpected(scan.error());
    if (scan->final && run.rings.empty() && run.names_file.empty()) return {};
    if (!scan->final) {
      if (auto there = rings_there(run); !there) return there;
    }
    auto rings = RingReader::open(run, *scan);
    if (!rings) return tl::unexpected(rings.error());
    if (!scan->final) {
      if (auto written = write(run, *scan, **rings); !written) return written;
    }
    return clear(run, **rings);
  }

  Result<RunScan> scan_of(const RunFiles& run) {
    RunScan scan;
    for (const SegmentPath& segment : run.segments) {
      auto reader = SegmentReader::open(segment.path);
      if (!reader) return tl::unexpected(std::move(reader).error());
      PartScan part;
      while (const auto frame = (*reader)->next()) part.add(*frame, segment.path);
      part.close(**reader);
      scan.add(part, segment.header.run_index, segment.path);
    }
    return scan;
  }

  // The names file stands beside the rings as long as the run is not whole: without it we are in
  // another place, or what was there is gone.
  Result<void> rings_there(const RunFiles& run) const {
    if (run.segments.empty() || !run.names_file.empty() || options_.without_rings) return {};
    const SegmentHeader& header = run.segments.back().header;
    const std::string_view place(header.ring_dir,
                                 ::strnlen(header.ring_dir, sizeof header.ring_dir));
    std::error_code ignored;
    const std::string named =
        std::filesystem::absolute(options_.ring_dir, ignored).lexically_normal().string();
    if (header.rings != RingPlace::ring_dir || header.boot_id != this_boot() ||
        place == options_.ring_dir || (!options_.ring_dir.empty() && place == named)) {
      return {};
    }
    return failure(
        Errc::not_found,
        fmt::format(
            "the rings of run {} of '{}' are in '{}'; name that folder (--ring-dir), or say "
            "that it is gone (--without-rings)",
            hex(run.identity.run), folder_.dir, place));
  }

  SegmentHeader header_of(const RunFiles& run) const {
    SegmentHeader header = make_header(run.identity, FileKind::segment);
    header.segment = done_.next_segment;
    if (run.segments.empty()) return header;
    const SegmentHeader& last = run.segments.back().header;
    header.run_index = last.run_index + 1;
    header.opened_real_ns = last.opened_real_ns;
    header.opened_ns = last.opened_ns;
    header.rings = last.rings;
    std::memcpy(header.ring_dir, last.ring_dir, sizeof header.ring_dir);
    return header;
  }

  Result<void> write(const RunFiles& run, RunScan& scan, RingReader& rings) {
    if (done_.next_segment > kCountMax) {
      return failure(Errc::limit,
                     fmt::format("'{}' has no number left for a segment", folder_.dir));
    }
    before(RecoveryStep::make_segment);
    auto file = RecoverySegment::create(folder_.dir, header_of(run));
    if (!file) return tl::unexpected(std::move(file).error());
    PartScan part;
    std::set<std::uint32_t> workers;
    auto written = copy(rings, *file, part, workers);
    if (written) {
      scan.add(part, std::nullopt, rings.name());
      before(RecoveryStep::write_end);
      EndPayload totals{};
      totals.records_of_run = rings.logged_until();
      totals.unlogged = scan.unlogged;
      totals.finished_ns = scan.last_taken_ns;
      written = file->end(kFinal | kRecovered, totals);
    }
    if (written) {
      before(RecoveryStep::show_segment);
      written = file->show();
    }
    if (!written) {
      file->discard();
      return written;
    }
    before(RecoveryStep::sync_folder);
    // Without this the rings must stay: a power cut could take the segment's name.
    if (auto synced = file->sync_folder(); !synced) return synced;
    ++done_.runs;
    ++done_.next_segment;
    done_.records += part.records;
    done_.workers += workers.size();
    done_.lost += scan.lost();
    for (const Damage& damage : scan.damages) note(done_.damages, damage);
    return {};
  }

  static Result<void> copy(RingReader& rings, RecoverySegment& file, PartScan& part,
                           std::set<std::uint32_t>& workers) {
    while (const auto frame = rings.next()) {
      part.add(*frame, rings.name());
      if (frame->type() == FrameType::data) workers.insert(frame->header.worker);
      if (auto put = file.append(frame->header, frame->type(), frame->payload); !put) return put;
    }
    for (const RingReader::RingFile& ring : rings.rings()) {
      if (ring.readable) continue;
      const auto& damages = rings.damages();
      const auto why = std::find_if(damages.begin(), damages.end(),
                                    [&](const Damage& d) { return d.file == ring.path; });
      return failure(Errc::io,
                     fmt::format("the ring '{}' {}; nothing is recovered until it can be "
                                 "read, or is moved away",
                                 ring.path, why == damages.end() ? "cannot be read" : why->what));
    }
    return {};
  }

  // The log has what these files held.
  Result<void> clear(const RunFiles& run, const RingReader& rings) {
    for (const Damage& damage : rings.damages()) note(done_.damages, damage);
    for (const RingReader::RingFile& ring : rings.rings()) {
      if (!ring.sound) {
        ++done_.rings_refused;
        continue;
      }
      before(RecoveryStep::remove_ring);
      if (auto gone = remove(ring.path); !gone) return gone;
    }
    if (run.names_file.empty()) return {};
    before(RecoveryStep::remove_names);
    return remove(run.names_file);
  }

  static Result<void> remove(const std::string& path) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return failure(Errc::io, fmt::format("cannot remove '{}': {}", path,
                                         std::generic_category().message(errno)));
  }

  const LogFolder& folder_;
  const RecoveryOptions& options_;
  Recovered done_;
};

}  // namespace

Result<Recovered> recover(const LogFolder& folder, const RecoveryOptions& options) {
  try {
    return Recovery(folder, options).all();
  } catch (const std::bad_alloc&) {
    return failure(Errc::out_of_memory,
                   fmt::format("no memory to recover '{}'; nothing is lost", folder.dir));
  }
}

}  // namespace millrace::log
