// SPDX-License-Identifier: Apache-2.0
#include "load/failure_classes.hpp"

#include <fmt/format.h>

namespace millrace::load {

std::uint16_t FailureClasses::id_of(std::string_view name) {
  const auto known = ids_.find(name);
  if (known != ids_.end()) return known->second;
  return ids_.emplace(name, engine_->error_class(name)).first->second;
}

Verdict FailureClasses::judge(const Outcome& outcome, std::string_view failure,
                              std::string_view detail) {
  if (outcome.http_code != 0) ++tally.answered;
  if (outcome.abandoned) {
    ++tally.abandoned;
    return {Status::incomplete, id_of("abandoned")};
  }
  std::string name(failure);
  if (outcome.http_code >= 400) {
    name = fmt::format("http {}", outcome.http_code);
  } else if (name.empty() && !outcome.failure.empty()) {
    name = outcome.failure;
    detail = outcome.detail;
  }
  if (name.empty()) {
    ++tally.ok;
    return {};
  }
  if (tally.failed++ == 0) {
    tally.first_failure = detail.empty() ? name : fmt::format("{}: {}", name, detail);
  }
  return {Status::error, id_of(name)};
}

Verdict FailureClasses::unsent() {
  ++tally.unsent;
  return {Status::incomplete, id_of("not sent")};
}

}  // namespace millrace::load
