// SPDX-License-Identifier: Apache-2.0
#include "replay/generation_replay.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "record/caught.hpp"
#include "record/generation_schema.hpp"
#include "record/modality.hpp"
#include "replay/spill_file.hpp"
#include "stats/generation_values.hpp"
#include "stats/record_key.hpp"

namespace millrace {

GenerationReplay::GenerationReplay(const GenerationProfile& profile,
                                   GenerationReplayOptions options)
    : profile_(profile), options_(std::move(options)) {
  report_.profile = &profile;
  report_.sources = options_.sources;
}

GenerationReplay::~GenerationReplay() = default;

void GenerationReplay::begin(const Summary& summary, std::int64_t opened_ns,
                             std::span<const std::string> errors) {
  const auto& streams = summary.streams();
  const auto at = std::find_if(streams.begin(), streams.end(), [](const StreamSummary& stream) {
    return is_generation(stream.schema());
  });
  if (at == streams.end()) return;
  stream_ = static_cast<std::size_t>(at - streams.begin());
  report_.stream = at->name();
  report_.window = at->window();
  report_.opened_ns = opened_ns;
  if (__builtin_add_overflow(opened_ns, summary.elapsed_ns(), &report_.finished_ns)) {
    report_.finished_ns = opened_ns;
  }
  report_.errors.assign(errors.begin(), errors.end());
  report_.requests = std::make_unique<KeptRequests>(options_.sample, options_.sort_dir);
  room_ = std::make_unique<SortRoom>(options_.sort_bytes,
                                     std::make_unique<SpillFile>(options_.sort_dir));
  const std::int64_t origin = at->times().first_start_ns.value_or(opened_ns);
  origin_ns_ = origin;
  const auto modalities = std::find_if(streams.begin(), streams.end(), [](const auto& stream) {
    return is_modality(stream.schema());
  });
  if (modalities != streams.end() && !profile_.as_0_2_1) {
    modality_stream_ = static_cast<std::size_t>(modalities - streams.begin());
    join_ = std::make_unique<ModalityJoin>(*room_, options_.sort_dir);
  }
  const TimeSpan times = at->times();
  if (times.first_start_ns && times.last_start_ns) {
    report_.starts.emplace(*times.first_start_ns, *times.last_start_ns);
  }
  summarizer_ = std::make_unique<GenerationSummarizer>(profile_, origin, *room_, options_.curve,
                                                       options_.curve_points);
  options_.completion.start_ns = opened_ns;
  report_.running.emplace(RunningRules{
      .table = profile_.running, .sources = options_.sources, .phases = options_.completion});
}

void GenerationReplay::visit(std::size_t stream, const Slice& all, const Slice& results,
                             const NameMap& names) {
  if (join_ && stream == modality_stream_) {
    ModalityRecord record;
    for (std::uint32_t i = 0; i < results.count; ++i) {
      std::memcpy(&record, results.records + i * sizeof record, sizeof record);
      join_->add(record);
    }
    return;
  }
  if (stream != stream_) return;
  if (profile_.as_0_2_1) {
    for (std::uint32_t i = 0; i < all.count; ++i) {
      const std::byte* const at = all.records + i * sizeof(GenerationRecord);
      GenerationRecord record;
      std::memcpy(&record, at, sizeof record);
      if (!report_.running->add(record)) continue;
      note_times(record);
      if (!report_.running->kept()) continue;
      record = believed(at, names);
      count(record);
      report_.requests->add(record);
    }
    return;
  }
  for (std::uint32_t i = 0; i < all.count; ++i) {
    const GenerationRecord record = believed(all.records + i * sizeof(GenerationRecord), names);
    if (!report_.running->add(record)) continue;
    note_times(record);
    report_.requests->add(record);
  }
  for (std::uint32_t i = 0; i < results.count; ++i) {
    count(believed(results.records + i * sizeof(GenerationRecord), names));
  }
}

GenerationRecord GenerationReplay::believed(const std::byte* at, const NameMap& names) const {
  GenerationRecord record;
  std::memcpy(&record, at, sizeof record);
  record.error_class = mapped(names.errors, record.error_class);
  record.status = std::min(record.status, Status::incomplete);
  return profile_.as_0_2_1 ? with_stored_tokens(record, options_.sources)
                           : with_preferred_tokens(record, options_.sources);
}

void GenerationReplay::count(const GenerationRecord& record) {
  if (join_) join_->add_request(record.request_id, record.start_ns, record.end_ns, record.status);
  summarizer_->add(record);
  if (report_.starts) report_.starts->add(record.start_ns, record.status);
}

void GenerationReplay::note_times(const GenerationRecord& record) {
  const auto begin = begin_of(record), end = end_of(record);
  auto& first = report_.first_start_ns;
  auto& last = report_.last_end_ns;
  if (begin) first = first ? std::min(*first, *begin) : *begin;
  if (end) last = last ? std::max(*last, *end) : *end;
}

void GenerationReplay::join_modalities() {
  ModalitySummarizer summarizer(origin_ns_, *room_);
  join_->visit([&](const ModalityJoin::Request& request, const ModalityRecord& counts) {
    summarizer.add(request.start_ns, request.end_ns, request.status, counts);
  });
  report_.modalities = summarizer.finish();
  report_.modalities_unmatched = join_->unmatched();
}

Result<GenerationReport> GenerationReplay::report() {
  return caught([&]() -> Result<GenerationReport> {
    if (summarizer_ == nullptr) {
      return failure(
          Errc::not_found,
          "--profile: no stream has GenerationRecords (requests to language models), which "
          "its definitions are made of");
    }
    report_.summary = summarizer_->finish(report_.window);
    if (join_) join_modalities();
    if (!room_->failed().empty()) {
      return failure(Errc::io, "sorting beside the log: " + room_->failed());
    }
    report_.requests->finish();
    return std::move(report_);
  });
}

}  // namespace millrace
