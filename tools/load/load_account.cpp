// SPDX-License-Identifier: Apache-2.0
#include "load/load_account.hpp"

#include <fmt/format.h>

namespace millrace::load {
namespace {

std::string sending(const LoadAccount& account) {
  const WorkerTally& work = account.tally.work;
  const RecorderTally& results = account.tally.results;
  std::string line =
      fmt::format("sent {} requests in {:.2f} s: {} ok, {} failed, {} abandoned", work.sent,
                  account.tally.elapsed_s, results.ok, results.failed, results.abandoned);
  if (account.plan.arrivals.arrival == Arrival::closed) return line;
  return line + fmt::format("; {} more were due and not sent{}", results.unsent,
                            account.tally.whole ? "" : ", and others, which are not recorded");
}

std::string schedule(const LoadAccount& account) {
  const WorkerTally& work = account.tally.work;
  return fmt::format(
      "{} of them began more than 1 ms after their time, the latest {:.3f} ms; response_time "
      "counts "
      "from the intended start",
      work.late, static_cast<double>(work.latest_ns) / 1e6);
}

std::string connections(const LoadAccount& account) {
  const WorkerTally& work = account.tally.work;
  std::string line = fmt::format("{} connections made", work.connections);
  if (work.http1 != 0) line += fmt::format("; {} answers by HTTP/1", work.http1);
  if (work.http2 != 0) line += fmt::format("; {} answers by HTTP/2", work.http2);
  if (account.plan.http.version == HttpVersion::http2 && work.http1 != 0) {
    line += " (the server does not speak HTTP/2";
    if (account.plan.http.streams > 1) line += ": requests of one connection waited for each other";
    line += ")";
  }
  return line;
}

std::string cpu(const LoadAccount& account) {
  const auto s = [](std::int64_t ns) { return static_cast<double>(ns) / 1e9; };
  const double process = s(account.after.process_ns - account.before.process_ns);
  const double aggregator = s(account.after.aggregator_ns - account.before.aggregator_ns);
  const double log = s(account.after.log_ns - account.before.log_ns);
  std::string line =
      fmt::format("CPU {:.3f} s: {:.3f} s in {} HTTP threads, {:.3f} s in the engine's aggregator",
                  process, s(account.tally.work.cpu_ns), account.tally.threads, aggregator);
  if (log > 0) line += fmt::format(", {:.3f} s in its log", log);
  if (process > 0) {
    line += fmt::format("; the engine's share {:.2f} %", 100 * (aggregator + log) / process);
  }
  return line;
}

}  // namespace

std::vector<std::string> lines_of(const LoadAccount& account) {
  const RecorderTally& results = account.tally.results;
  std::vector<std::string> lines = {sending(account)};
  if (account.plan.arrivals.arrival != Arrival::closed) lines.push_back(schedule(account));
  lines.push_back(connections(account));
  if (results.without_usage != 0) {
    lines.push_back(
        fmt::format("{} answers told no usage: their output tokens are the chunks that had some",
                    results.without_usage));
  }
  if (!results.first_failure.empty()) {
    lines.push_back("the first failure was " + results.first_failure);
  }
  lines.push_back(cpu(account));
  return lines;
}

}  // namespace millrace::load
