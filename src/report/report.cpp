// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <fmt/format.h>

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

std::string percentile_name(double p) { return fmt::format("p{}", p); }

}  // namespace millrace
