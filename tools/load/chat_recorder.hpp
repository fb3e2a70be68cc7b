// SPDX-License-Identifier: Apache-2.0
//
// ChatRecorder: a GenerationRecord of each streamed chat completion, and a SampleRecord of each gap
// between two chunks with tokens in them.
//
// Times    Of a chunk: when its bytes were handed over by libcurl. Chunks that came together have one time,
//          and gaps of 0 between them: that is when a client has them.
// Tokens   As the usage tells; without one the chunks with tokens are counted, which the tally says.
// Gaps     Pushed as they come, so that a long answer takes no memory; their status is ok, even if their
//          request fails later.
#pragma once

#include "millrace/millrace.hpp"

#include "load/chat_chunk.hpp"
#include "load/failure_classes.hpp"
#include "load/prompts.hpp"

namespace millrace::load {

class ChatRecorder final : public Recorder {
 public:
  /// `prompts` outlives it.
  ChatRecorder(Engine& engine, Worker<GenerationRecord> requests, Worker<SampleRecord> gaps,
               const Prompts& prompts, std::uint16_t label)
      : requests_(std::move(requests)),
        gaps_(std::move(gaps)),
        failures_(engine),
        prompts_(prompts),
        label_(label) {}

  std::unique_ptr<Answer> answer() override;
  void unsent(std::uint64_t id, std::int64_t intended_ns, std::int64_t end_ns) override;
  [[nodiscard]] const RecorderTally& tally() const override { return failures_.tally; }

 private:
  class Stream;
  Worker<GenerationRecord> requests_;
  Worker<SampleRecord> gaps_;
  FailureClasses failures_;
  ChatChunkParser chunks_;
  const Prompts& prompts_;
  std::uint16_t label_;
};

}  // namespace millrace::load
