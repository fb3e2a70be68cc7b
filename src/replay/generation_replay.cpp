// SPDX-License-Identifier: Apache-2.0
#include "replay/generation_replay.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "replay/spill_file.hpp"

namespace millrace {

bool is_generation(const Schema& schema) {
  static const Schema own = RecordTraits<GenerationRecord>::schema().value();
  return schema.record_size == own.record_size && schema.fields == own.fields &&
         schema.status == own.status && schema.event == own.event;
}

GenerationReplay::GenerationReplay(const GenerationProfile& profile,
                                   GenerationReplayOptions options)
    : profile_(profile), options_(std::move(options)) {
  report_.profile = &profile;
}

GenerationReplay::~GenerationReplay() = default;

void GenerationReplay::begin(const Summary& summary, std::int64_t opened_ns) {
  const auto& streams = summary.streams();
  const auto at = std::find_if(streams.begin(), streams.end(), [](const StreamSummary& stream) {
    return is_generation(stream.schema());
  });
  if (at == streams.end()) return;
  stream_ = static_cast<std::size_t>(at - streams.begin());
  report_.stream = at->name();
  report_.window = at->window();
  report_.opened_ns = opened_ns;
  room_ = std::make_unique<SortRoom>(options_.sort_bytes,
                                     std::make_unique<SpillFile>(options_.sort_dir));
  const std::int64_t origin = at->times().first_start_ns.value_or(opened_ns);
  const TimeSpan times = at->times();
  if (times.first_start_ns && times.last_start_ns) {
    report_.starts.emplace(*times.first_start_ns, *times.last_start_ns);
  }
  summarizer_ =
      std::make_unique<GenerationSummarizer>(profile_, origin, *room_, options_.curve,
                                             options_.curve_points);
  options_.completion.start_ns = opened_ns;
  report_.running.emplace(RunningRules{.table = profile_.running,
                                       .sources = options_.sources,
                                       .phases = options_.completion});
}

void GenerationReplay::visit(std::size_t stream, const Slice& all, const Slice& results,
                             const NameMap&) {
  if (stream != stream_) return;
  GenerationRecord record;
  if (profile_.as_0_2_1) {
    for (std::uint32_t i = 0; i < all.count; ++i) {
      std::memcpy(&record, all.records + i * sizeof record, sizeof record);
      if (report_.running->add(record) && report_.running->kept()) keep(record);
    }
    return;
  }
  for (std::uint32_t i = 0; i < all.count; ++i) {
    std::memcpy(&record, all.records + i * sizeof record, sizeof record);
    (void)report_.running->add(record);
  }
  for (std::uint32_t i = 0; i < results.count; ++i) {
    std::memcpy(&record, results.records + i * sizeof record, sizeof record);
    keep(record);
  }
}

void GenerationReplay::keep(const GenerationRecord& record) {
  const GenerationRecord believed =
      profile_.as_0_2_1 ? with_stored_tokens(record, options_.sources)
                        : with_preferred_tokens(
                              record, options_.sources.output == TokenSource::response);
  summarizer_->add(believed);
  if (report_.starts) report_.starts->add(record.start_ns, record.status);
  const auto status = std::min<std::size_t>(static_cast<std::size_t>(record.status), kStatusCount - 1);
  auto& requests = report_.requests[status];
  if (requests.size() < options_.requests_kept) requests.push_back(believed);
}

Result<GenerationReport> GenerationReplay::report() {
  if (summarizer_ == nullptr) {
    return failure(Errc::not_found,
                   "--profile: no stream of the log has GenerationRecords, which its definitions "
                   "are made of");
  }
  report_.summary = summarizer_->finish(report_.window);
  if (!room_->failed().empty()) {
    return failure(Errc::io, "sorting beside the log: " + room_->failed());
  }
  return std::move(report_);
}

}  // namespace millrace
