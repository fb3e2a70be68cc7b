// SPDX-License-Identifier: Apache-2.0
//
// RequestRecorder: a RequestRecord of each HTTP request.
#pragma once

#include "millrace/millrace.hpp"

#include "load/failure_classes.hpp"

namespace millrace::load {

class RequestRecorder final : public Recorder {
 public:
  RequestRecorder(Engine& engine, Worker<RequestRecord> worker, std::uint16_t label)
      : worker_(std::move(worker)), failures_(engine), label_(label) {}

  std::unique_ptr<Answer> answer() override;
  void unsent(std::uint64_t id, std::int64_t intended_ns, std::int64_t end_ns) override;
  [[nodiscard]] const RecorderTally& tally() const override { return failures_.tally; }

 private:
  class Plain;
  Worker<RequestRecord> worker_;
  FailureClasses failures_;
  std::uint16_t label_;
};

}  // namespace millrace::load
