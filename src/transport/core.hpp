// SPDX-License-Identifier: Apache-2.0
//
// Core: what workers share with their engine and what outlives it as long as one of them does.
#pragma once

#include <cstdint>
#include <utility>

#include "millrace/options.hpp"

#include "transport/gate.hpp"
#include "transport/ring_set.hpp"

namespace millrace::detail {

class Core {
 public:
  Core(EngineOptions engine_options, Gate engine_gate, RingFiles files)
      : options(std::move(engine_options)),
        gate(std::move(engine_gate)),
        rings(options, gate, std::move(files)) {}
  virtual ~Core() = default;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  const EngineOptions options;
  Gate gate;
  RingSet rings;
};

}  // namespace millrace::detail
