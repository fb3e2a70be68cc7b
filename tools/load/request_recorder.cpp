// SPDX-License-Identifier: Apache-2.0
#include "load/request_recorder.hpp"

namespace millrace::load {

class RequestRecorder::Plain final : public Answer {
 public:
  explicit Plain(RequestRecorder& recorder) : recorder_(recorder) {}

  void begin(const Sent& sent) override {
    sent_ = sent;
    detail_.clear();
  }

  bool take(std::string_view bytes, int http_code, std::int64_t /*now_ns*/) override {
    if (http_code >= 400) detail_.add(bytes);
    return true;
  }

  void end(const Outcome& outcome) override {
    const Verdict verdict = recorder_.failures_.judge(outcome, {}, detail_.text());
    recorder_.worker_.push({.status = verdict.status,
                            .label = recorder_.label_,
                            .error_class = verdict.error_class,
                            .code = static_cast<std::uint16_t>(outcome.http_code),
                            .intended_start_ns = sent_.intended_ns,
                            .start_ns = sent_.start_ns,
                            .first_byte_ns = outcome.first_byte_ns,
                            .end_ns = outcome.end_ns,
                            .bytes_sent = outcome.bytes_sent,
                            .bytes_received = outcome.bytes_received,
                            .request_id = sent_.id});
  }

 private:
  RequestRecorder& recorder_;
  Sent sent_;
  Detail detail_;
};

std::unique_ptr<Answer> RequestRecorder::answer() { return std::make_unique<Plain>(*this); }

void RequestRecorder::unsent(std::uint64_t id, std::int64_t intended_ns, std::int64_t end_ns) {
  const Verdict verdict = failures_.unsent();
  worker_.push({.status = verdict.status,
                .label = label_,
                .error_class = verdict.error_class,
                .intended_start_ns = intended_ns,
                .end_ns = end_ns,
                .request_id = id});
}

}  // namespace millrace::load
