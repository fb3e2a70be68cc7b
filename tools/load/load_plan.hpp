// SPDX-License-Identifier: Apache-2.0
//
// LoadPlan: what a run is to do.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "load/arrivals.hpp"
#include "load/http_options.hpp"
#include "load/prompts.hpp"

namespace millrace::load {

struct LoadPlan {
  HttpOptions http;
  ArrivalOptions arrivals;
  unsigned connections = 10;
  unsigned threads = 1;  // at most as many as connections
  /// What is under way when the run ends may take so long to finish; then it is abandoned.
  std::chrono::nanoseconds grace = std::chrono::seconds{30};
  std::string label;               // of all records; empty: none
  std::optional<Prompts> prompts;  // streamed chat completions of these
};

}  // namespace millrace::load
