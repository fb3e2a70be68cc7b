// SPDX-License-Identifier: Apache-2.0
//
// Engine and its streams. A stream's handle is its engine's, so that both share the engine's life; a call
// that is under way in another thread keeps it, too, while close() lets go of it.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "schema.hpp"

namespace millrace::python {

class EngineLife {
 public:
  explicit EngineLife(millrace_engine* engine);
  /// The engine for one call. Failure: it was closed.
  [[nodiscard]] std::shared_ptr<millrace_engine> get() const;
  /// nullptr: it was closed.
  [[nodiscard]] std::shared_ptr<millrace_engine> if_open() const;
  /// True: it was open until now.
  bool end();

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<millrace_engine> engine_;
};

struct Stream {
  std::shared_ptr<EngineLife> life;
  millrace_stream* stream;
  Schema schema;
  std::string name;
  bool waits;  // a push may wait for room
};

}  // namespace millrace::python
