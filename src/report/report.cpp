// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <fmt/format.h>

#include "record/run_identity.hpp"

namespace millrace {

std::vector<Section> sections_of(const StreamSummary& stream, By by,
                                 const std::vector<std::string>& labels) {
  std::vector<Section> sections;
  if (by == By::none) sections.push_back({"all", {}});
  if (by == By::status) {
    for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
      const Selection selection{.status = status, .label = {}};
      if (stream.count(selection) != 0) {
        sections.push_back({std::string(to_string(status)), selection});
      }
    }
  }
  if (by == By::label) {
    for (const std::string& label : labels) {
      sections.push_back({label.empty() ? "(no label)" : label, {.status = {}, .label = label}});
    }
  }
  return sections;
}

std::vector<Limit> limits_of(const Report& report, const StreamSummary& stream) {
  std::vector<Limit> limits = report.goodput;
  if (const auto own = report.logged_goodput.find(stream.name());
      limits.empty() && own != report.logged_goodput.end()) {
    limits = own->second;
  }
  std::erase_if(limits, [&](const Limit& limit) {
    return !stream.schema().find_metric(limit.metric).has_value();
  });
  return limits;
}

std::optional<std::string> digest_of(const Report& report) {
  if (report.interrupted || report.live) return std::nullopt;
  if (report.log == nullptr && !report.summary.log()) return std::nullopt;
  return hex(report.summary.digest());
}

std::string why_approximate(const Report& report) {
  if (report.live) return "the run goes on";
  if (report.log != nullptr && report.interrupted) {
    return "interrupted before the log was read again";
  }
  const auto& account = report.summary.log();
  if (account && account->unlogged != 0) return "the log does not hold every record";
  if (account || report.log != nullptr) return "the log cannot be read again";
  return "the cap of exact memory was passed";
}

void prepare(const Report& report) {
  report.summary.prepare(report.percentiles, report.rule, report.by == By::label);
}

std::string percentile_name(double p) { return fmt::format("p{}", p); }

}  // namespace millrace
