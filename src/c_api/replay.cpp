// SPDX-License-Identifier: Apache-2.0
#include "millrace/c/replay.h"

#include <algorithm>
#include <atomic>
#include <memory>

#include <fmt/format.h>

#include "c_api/handles.hpp"
#include "c_api/losses.hpp"
#include "c_api/options.hpp"
#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"
#include "ingest/replay_input.hpp"
#include "replay/log_reading.hpp"
#include "report/guidellm_notes.hpp"

namespace millrace::c_api {
namespace {

// What the caller said, checked, and the wish to end that a progress call expressed.
struct Wishes {
  millrace_replay_options options{};
  Rule by_rule = Rule::nearest_rank;
  std::vector<Limit> goodput;
  std::atomic<bool> stop{false};

  std::function<void(std::uint64_t, std::uint64_t)> progress() {
    if (options.progress == nullptr) return nullptr;
    return [this](std::uint64_t bytes, std::uint64_t records) {
      // order: relaxed; a wish, looked at now and then by who reads.
      if (!options.progress(bytes, records, options.context))
        stop.store(true, std::memory_order_relaxed);
    };
  }
};

Result<void> check(const millrace_replay_options* from, Wishes& wishes) {
  if (from == nullptr) return {};
  const auto read = taken("millrace_replay_options", from, millrace_replay_options{});
  if (!read) return tl::unexpected(read.error());
  wishes.options = *read;
  const auto by_rule = rule(read->rule);
  if (!by_rule) return tl::unexpected(by_rule.error());
  wishes.by_rule = *by_rule;
  const auto ps =
      percentiles("replay options: percentiles", read->percentiles, read->percentiles_size);
  if (!ps) return tl::unexpected(ps.error());
  auto goodput = limits(read->goodput, read->goodput_size);
  if (!goodput) return tl::unexpected(std::move(goodput).error());
  wishes.goodput = std::move(*goodput);
  return within("replay options: threads", read->threads, 256);
}

// Of a metric that the records do not have.
Result<void> known(const std::vector<Limit>& limits, const Schema& schema) {
  for (const Limit& limit : limits) {
    if (schema.find_metric(limit.metric)) continue;
    return failure(Errc::not_found,
                   fmt::format("replay options: goodput names metric '{}', which schema '{}' "
                               "does not have",
                               limit.metric, schema.name));
  }
  return {};
}

Result<std::unique_ptr<millrace_summary>> from_logs(const std::vector<std::string>& dirs,
                                                    Wishes& wishes) {
  const millrace_replay_options& o = wishes.options;
  if (o.map_file != nullptr || o.format != nullptr) {
    return failure(Errc::invalid_argument,
                   "replay options: map_file and format are of files, not of logs");
  }
  LogReplayOptions options;
  if (o.run != nullptr) options.run = o.run;
  if (o.ring_dir != nullptr) options.ring_dir = o.ring_dir;
  options.threads = o.threads;
  if (o.percentiles != nullptr)
    options.percentiles.assign(o.percentiles, o.percentiles + o.percentiles_size);
  options.rule = wishes.by_rule;
  options.stop = &wishes.stop;
  options.progress = wishes.progress();

  auto streams = streams_of_logs(dirs, options.run, options.ring_dir);
  if (!streams) return tl::unexpected(std::move(streams).error());
  Limits goodput;
  for (const log::StreamText& stream : *streams) goodput[stream.name] = stream.goodput;
  if (!wishes.goodput.empty()) {
    if (streams->empty())
      return failure(Errc::not_found, "replay options: goodput: the log has no stream yet");
    if (auto good = known(wishes.goodput, streams->front().schema); !good)
      return tl::unexpected(good.error());
    options.goodput = wishes.goodput;
    for (auto& [name, of] : goodput) of = wishes.goodput;
  }
  auto replayed = replay_logs(dirs, options);
  if (!replayed) return tl::unexpected(std::move(replayed).error());
  auto made = std::make_unique<millrace_summary>(replayed->summary);
  made->given.total_test_time_s = static_cast<double>(replayed->summary.elapsed_ns()) / 1e9;
  made->goodput = std::move(goodput);
  made->log = std::move(*replayed);
  return made;
}

Result<std::unique_ptr<millrace_summary>> from_files(std::vector<std::string> paths,
                                                     Wishes& wishes) {
  const millrace_replay_options& o = wishes.options;
  if (o.run != nullptr || o.ring_dir != nullptr) {
    return failure(Errc::invalid_argument,
                   "replay options: run and ring_dir are of logs, and no input is one");
  }
  InputFlags flags;
  if (o.map_file != nullptr) flags.map.file = o.map_file;
  if (o.format != nullptr) flags.format = o.format;
  if (!flags.format.empty() && flags.format != "llmeter" && flags.format != "guidellm") {
    return failure(
        Errc::invalid_argument,
        fmt::format("replay options: format '{}' is neither llmeter nor guidellm", flags.format));
  }
  FileReplayOptions options;
  auto input = ReplayInput::open(paths, flags, false, false, options.line_bytes_max, &wishes.stop);
  if (!input) return tl::unexpected(std::move(input).error());
  if (input->reader == nullptr) {
    return failure(Errc::not_found, fmt::format("'{}' holds no responses.jsonl", paths.front()));
  }
  if (auto good = known(wishes.goodput, input->format.schema); !good)
    return tl::unexpected(good.error());
  options.stream.goodput = wishes.goodput;
  options.threads = o.threads;
  options.stop = &wishes.stop;
  options.progress = wishes.progress();
  auto replayed = replay_pieces(*input->reader, input->format, options);
  if (!replayed) return tl::unexpected(std::move(replayed).error());

  auto made = std::make_unique<millrace_summary>(replayed->summary);
  if (input->guidellm) made->notes = guidellm_notes(*input->guidellm);
  if (input->run) {
    input->run->recover(replayed->summary["requests"]);
    made->given.total_test_time_s = number_of(input->run->fields, "total_test_time");
    made->notes = input->run->notes;
  }
  if (!wishes.goodput.empty()) made->goodput["requests"] = wishes.goodput;
  made->format = input->format.name;
  made->paths = std::move(paths);
  made->files = std::move(*replayed);
  return made;
}

millrace_losses losses_of(const FileReplay& files) {
  millrace_losses losses{};
  losses.whole = files.whole();
  losses.closed = 1;
  losses.interrupted = files.interrupted;
  losses.records = files.records;
  losses.damaged = files.damaged + files.input_errors.size();
  return losses;
}

}  // namespace
}  // namespace millrace::c_api

using namespace millrace;
using namespace millrace::c_api;

int millrace_replay(const char* const* inputs, std::size_t count,
                    const millrace_replay_options* options, millrace_summary** summary,
                    millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto out = given("millrace_replay", {{"summary", summary}}); !out) return out;
    *summary = nullptr;
    if (auto all = given("millrace_replay", {{"inputs", inputs}}); !all) return all;
    if (count == 0) return failure(Errc::invalid_argument, "millrace_replay: there is no input");
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < count; ++i) {
      if (auto all = given("millrace_replay", {{"an input", inputs[i]}}); !all) return all;
      paths.emplace_back(inputs[i]);
    }
    Wishes wishes;
    if (auto good = check(options, wishes); !good) return good;
    const auto logs = std::count_if(paths.begin(), paths.end(), looks_like_log);
    if (logs != 0 && static_cast<std::size_t>(logs) != count) {
      return failure(Errc::invalid_argument,
                     "logs cannot be replayed together with other inputs: replay them apart");
    }
    auto replayed = logs != 0 ? from_logs(paths, wishes) : from_files(std::move(paths), wishes);
    if (!replayed) return tl::unexpected(std::move(replayed).error());
    *summary = replayed->release();
    return {};
  });
}

int millrace_replay_losses(const millrace_summary* summary, millrace_losses* losses,
                           millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_replay_losses", {{"summary", summary}, {"losses", losses}});
        !all)
      return all;
    if (!summary->log && !summary->files) {
      return failure(Errc::not_found,
                     "losses: the summary is a run's own; millrace_summary_log() has them");
    }
    if (summary->files) return put("millrace_losses", losses_of(*summary->files), losses);
    const LogReplay& log = *summary->log;
    return put("millrace_losses", losses_of(log.runs, log.damages.size(), log.interrupted), losses);
  });
}
