// SPDX-License-Identifier: Apache-2.0
#include "load/chat_recorder.hpp"

#include "load/sse_parser.hpp"

namespace millrace::load {

class ChatRecorder::Stream final : public Answer {
 public:
  explicit Stream(ChatRecorder& recorder) : recorder_(recorder) {}

  void begin(const Sent& sent) override {
    record_ = {};
    record_.label = recorder_.label_;
    record_.request_id = sent.id;
    record_.intended_start_ns = sent.intended_ns;
    record_.start_ns = sent.start_ns;
    record_.input_characters = recorder_.prompts_.of(sent.id).characters;
    record_.request_iterations = 0;
    record_.token_iterations = 0;
    over_ = false;
    failure_ = {};
    detail_.clear();
    events_.reset();
  }

  bool take(std::string_view bytes, int http_code, std::int64_t now_ns) override {
    if (http_code >= 400) {
      detail_.add(bytes);
      return true;
    }
    const bool fits = events_.feed(bytes, [&](std::string& data) { event(data, now_ns); });
    if (!fits) failure_ = "an event of more than 1 MiB";
    return failure_.empty();
  }

  void end(const Outcome& outcome) override {
    if (failure_.empty() && outcome.failure.empty()) {
      if (record_.request_iterations == 0) {
        failure_ = "no event stream";
      } else if (!over_) {
        failure_ = "the stream ended early";
      }
    }
    const Verdict verdict = recorder_.failures_.judge(outcome, failure_, detail_.text());
    record_.status = verdict.status;
    record_.error_class = verdict.error_class;
    record_.end_ns = outcome.end_ns;
    if (record_.output_tokens == kAbsentCount && record_.token_iterations != 0) {
      record_.output_tokens = record_.token_iterations;
      if (verdict.status == Status::ok) ++recorder_.failures_.tally.without_usage;
    }
    recorder_.requests_.push(record_);
  }

 private:
  void event(std::string& data, std::int64_t now_ns) {
    if (data.empty() || !failure_.empty()) return;
    const auto chunk = recorder_.chunks_.parse(data);
    if (!chunk) {
      failure_ = "an event that is no JSON object";
      detail_.set(chunk.error().message);
      return;
    }
    if (chunk->error) {
      failure_ = "an error in the stream";
      detail_.set(*chunk->error);
      return;
    }
    over_ = over_ || chunk->done || chunk->finished;
    if (chunk->done) return;
    if (++record_.request_iterations == 1) record_.first_iteration_ns = now_ns;
    record_.last_iteration_ns = now_ns;
    if (chunk->token()) token(*chunk, now_ns);
    if (chunk->usage) usage(*chunk->usage);
  }

  void token(const ChatChunk& chunk, std::int64_t now_ns) {
    if (++record_.token_iterations == 1) {
      record_.first_token_ns = now_ns;
    } else {
      recorder_.gaps_.push({.value = static_cast<double>(now_ns - record_.last_token_ns),
                            .request_id = record_.request_id,
                            .label = record_.label,
                            .index = static_cast<std::uint32_t>(record_.token_iterations - 2)});
    }
    record_.last_token_ns = now_ns;
    if (chunk.output && record_.first_output_token_ns == kAbsentTime) {
      record_.first_output_token_ns = now_ns;
    }
  }

  // Some servers tell the usage so far in each chunk: the last one counts.
  void usage(const ChatUsage& told) {
    record_.input_tokens = told.prompt_tokens;
    record_.output_tokens = told.completion_tokens;
    record_.cached_input_tokens = told.cached_tokens;
    record_.reasoning_tokens = told.reasoning_tokens;
  }

  ChatRecorder& recorder_;
  GenerationRecord record_;
  SseParser events_;
  bool over_ = false;         // [DONE], or a reason why it finished
  std::string_view failure_;  // a literal
  Detail detail_;
};

std::unique_ptr<Answer> ChatRecorder::answer() { return std::make_unique<Stream>(*this); }

void ChatRecorder::unsent(std::uint64_t id, std::int64_t intended_ns, std::int64_t end_ns) {
  const Verdict verdict = failures_.unsent();
  GenerationRecord record;
  record.status = verdict.status;
  record.error_class = verdict.error_class;
  record.label = label_;
  record.request_id = id;
  record.intended_start_ns = intended_ns;
  record.end_ns = end_ns;
  record.input_characters = prompts_.of(id).characters;
  requests_.push(record);
}

}  // namespace millrace::load
