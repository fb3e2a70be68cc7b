// SPDX-License-Identifier: Apache-2.0
//
// One request of guidellm, of every version, to one GenerationRecord.
#include "ingest/guidellm_format.hpp"

#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/record.hpp"

#include "record/crc64.hpp"

namespace millrace {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// One parser over several lines, as a thread uses it. The buffer ends right behind the padding, so
// that a sanitizer sees a read beyond it.
struct Reader {
  LineFormat format = guidellm_format();
  std::unique_ptr<LineParser> parser = format.parser();
  LocalNames labels, errors;
  LineNotes notes;
  GenerationRecord record;

  // nullptr, or why the line is no record.
  const char* read(std::string_view line) {
    std::vector<char> padded(line.begin(), line.end());
    padded.resize(line.size() + LineParser::kPadding, '\0');
    alignas(GenerationRecord) std::byte bytes[sizeof(GenerationRecord)] = {};
    const char* reason = parser->parse({padded.data(), line.size()}, bytes, labels, errors, notes);
    std::memcpy(static_cast<void*>(&record), bytes, sizeof record);
    return reason;
  }
  [[nodiscard]] static std::string name(const LocalNames& names, std::uint16_t number) {
    std::vector<std::string> all;
    names.names_from(all);
    return number < 2 ? "" : all.at(number - 2u);
  }
  [[nodiscard]] std::string error() const { return name(errors, record.error_class); }
  [[nodiscard]] std::string label() const { return name(labels, record.label); }
};

// As 0.2 and 0.3 write them.
const std::string kFlat =
    R"({"type_": "generative_text_response", "request_id": "6f1c0d5e-0000-4000-8000-1", )"
    R"("request_type": "text_completions", "scheduler_info": {"requested": true, )"
    R"("completed": true, "errored": false, "canceled": false, "targeted_start_time": 1000.125, )"
    R"("queued_time": 1000.1, "dequeued_time": 1000.15, "scheduled_time": 1000.175, )"
    R"("worker_start": 1000.1875, "request_start": 1000.19, "request_end": 1001.5, )"
    R"("worker_end": 1001.75, "process_id": 0}, "prompt": "a \u00e9\n\ud83d\ude00", "output": "o", )"
    R"("prompt_tokens": 103, "output_tokens": 11, "start_time": 1000.25, )"
    R"("end_time": 1001.5000000005, "first_token_time": 1000.5, "last_token_time": 1001.25, )"
    R"("request_latency": 1.25, "time_to_first_token_ms": NaN})";

// As 0.4 to 0.7 write them.
const std::string kTimed =
    R"({"type_": "generative_request_stats", "request_id": "17", "response_id": null, )"
    R"("request_args": "{\"body\": 1}", "output": "o", "info": {"request_id": "17", )"
    R"("status": "completed", "scheduler_node_id": 0, "timings": {"targeted_start": 1.5, )"
    R"("queued": 2.5, "dequeued": 3.5, "scheduled_at": 4.5, "resolve_start": 5.5, )"
    R"("request_start": 6.5, "first_request_iteration": 7.5, "first_token_iteration": 8.5, )"
    R"("first_output_token_iteration": 9.5, "last_token_iteration": 10.5, )"
    R"("last_request_iteration": 11.5, "request_iterations": 12, "token_iterations": 11, )"
    R"("request_end": 12.5, "resolve_end": 13.5, "finalized": 14.5}, "error": null}, )"
    R"("input_metrics": {"text_tokens": 100, "cached_tokens": 64, "text_characters": 400, )"
    R"("image_tokens": 30, "total_tokens": 130}, "output_metrics": {"text_tokens": null, )"
    R"("total_tokens": null}, "prompt_tokens": 130, "output_tokens": 11, "total_tokens": 141})";

// As 0.1 wrote them.
const std::string kFirst =
    R"({"request":{"id":"id-1","prompt":"What?","prompt_token_count":6,"output_token_count":16,)"
    R"("params":{}},"prompt":"What?","prompt_word_count":1,"prompt_token_count":7,"output":"x",)"
    R"("output_word_count":1,"output_token_count":4,"last_time":100.75,"first_token_set":true,)"
    R"("start_time":100.5,"end_time":101.5,"first_token_time":0.0625,"decode_times":{"data":[0.1]}})";

TEST(GuidellmFormat, ReadsEveryFieldOfAFlatRequest) {
  Reader reader;
  ASSERT_STREQ(reader.read(kFlat), nullptr);
  const GenerationRecord& r = reader.record;
  EXPECT_EQ(r.status, Status::ok);
  EXPECT_EQ(r.event, Event::result);
  EXPECT_EQ(r.label, LocalNames::kNone);
  EXPECT_EQ(r.error_class, LocalNames::kNone);
  EXPECT_EQ(r.request_id, crc64("6f1c0d5e-0000-4000-8000-1", 25));
  EXPECT_EQ(r.intended_start_ns, 1000 * kSecond + 125'000'000);
  EXPECT_EQ(r.queued_ns, 1000 * kSecond + 100'000'000);
  EXPECT_EQ(r.dequeued_ns, 1000 * kSecond + 150'000'000);
  EXPECT_EQ(r.scheduled_ns, 1000 * kSecond + 175'000'000);
  EXPECT_EQ(r.resolve_start_ns, 1000 * kSecond + 187'500'000);
  EXPECT_EQ(r.start_ns, 1000 * kSecond + 250'000'000);
  EXPECT_EQ(r.first_iteration_ns, kAbsentTime);
  EXPECT_EQ(r.first_token_ns, 1000 * kSecond + 500'000'000);
  EXPECT_EQ(r.first_output_token_ns, kAbsentTime);
  EXPECT_EQ(r.last_token_ns, 1001 * kSecond + 250'000'000);
  EXPECT_EQ(r.end_ns, 1001 * kSecond + 500'000'000) << "half a nanosecond, to the even one";
  EXPECT_EQ(r.resolve_end_ns, 1001 * kSecond + 750'000'000);
  EXPECT_EQ(r.finalized_ns, kAbsentTime);
  EXPECT_EQ(r.input_tokens, 103);
  EXPECT_EQ(r.output_tokens, 11);
  EXPECT_EQ(r.requested_input_tokens, kAbsentCount);
  EXPECT_EQ(r.input_characters, 5) << "characters, not bytes: a, blank, e, line end, face";
  EXPECT_EQ(reader.notes.nonfinite_words, 1u);
}

TEST(GuidellmFormat, ReadsEveryFieldOfATimedRequest) {
  Reader reader;
  ASSERT_STREQ(reader.read(kTimed), nullptr);
  const GenerationRecord& r = reader.record;
  const auto half_behind = [](int second) { return second * kSecond + kSecond / 2; };
  EXPECT_EQ(r.status, Status::ok);
  EXPECT_EQ(r.request_id, 17u);
  EXPECT_EQ(r.intended_start_ns, half_behind(1));
  EXPECT_EQ(r.queued_ns, half_behind(2));
  EXPECT_EQ(r.dequeued_ns, half_behind(3));
  EXPECT_EQ(r.scheduled_ns, half_behind(4));
  EXPECT_EQ(r.resolve_start_ns, half_behind(5));
  EXPECT_EQ(r.start_ns, half_behind(6));
  EXPECT_EQ(r.first_iteration_ns, half_behind(7));
  EXPECT_EQ(r.first_token_ns, half_behind(8));
  EXPECT_EQ(r.first_output_token_ns, half_behind(9));
  EXPECT_EQ(r.last_token_ns, half_behind(10));
  EXPECT_EQ(r.last_iteration_ns, half_behind(11));
  EXPECT_EQ(r.end_ns, half_behind(12));
  EXPECT_EQ(r.resolve_end_ns, half_behind(13));
  EXPECT_EQ(r.finalized_ns, half_behind(14));
  EXPECT_EQ(r.input_tokens, 130) << "of all modalities";
  EXPECT_EQ(r.output_tokens, 11) << "where the server told none, what guidellm took instead";
  EXPECT_EQ(r.cached_input_tokens, 64);
  EXPECT_EQ(r.input_characters, 400);
  EXPECT_EQ(r.request_iterations, 12);
  EXPECT_EQ(r.token_iterations, 11);
  EXPECT_EQ(r.reasoning_tokens, kAbsentCount);
}

TEST(GuidellmFormat, ReadsARequestOfTheFirstVersion) {
  Reader reader;
  ASSERT_STREQ(reader.read(kFirst), nullptr);
  const GenerationRecord& r = reader.record;
  EXPECT_EQ(r.status, Status::ok);
  EXPECT_EQ(r.request_id, crc64("id-1", 4));
  EXPECT_EQ(r.start_ns, 100 * kSecond + 500'000'000);
  EXPECT_EQ(r.first_token_ns, 100 * kSecond + 562'500'000) << "its first_token_time is a duration";
  EXPECT_EQ(r.last_token_ns, 100 * kSecond + 750'000'000);
  EXPECT_EQ(r.end_ns, 101 * kSecond + 500'000'000);
  EXPECT_EQ(r.input_tokens, 7);
  EXPECT_EQ(r.output_tokens, 4);
  EXPECT_EQ(r.requested_input_tokens, 6);
  EXPECT_EQ(r.requested_output_tokens, 16);
  EXPECT_EQ(r.input_characters, 5);

  ASSERT_STREQ(reader.read(R"({"request":{"id":"7","prompt":"Why?"},"message":"refused"})"),
               nullptr);
  EXPECT_EQ(reader.record.status, Status::error);
  EXPECT_EQ(reader.error(), "refused");
  EXPECT_EQ(reader.record.request_id, 7u);
  EXPECT_EQ(reader.record.start_ns, kAbsentTime);
  EXPECT_EQ(reader.record.input_characters, 4);
}

std::int64_t start_of(const std::string& number) {
  Reader reader;
  EXPECT_STREQ(reader.read(R"({"scheduler_info": {}, "start_time": )" + number + "}"), nullptr)
      << number;
  return reader.record.start_ns;
}

TEST(GuidellmFormat, KeepsEveryDigitOfATime) {
  EXPECT_EQ(start_of("1767225600.0391235"), 1'767'225'600'039'123'500);
  EXPECT_EQ(start_of("1700000000.052734375"), 1'700'000'000'052'734'375);
  EXPECT_EQ(start_of("1700000000"), 1'700'000'000 * kSecond);
  EXPECT_EQ(start_of("1e-05"), 10'000);
  EXPECT_EQ(start_of("0.0"), 0);
  EXPECT_EQ(start_of("-2.5"), -2'500'000'000);
}

TEST(GuidellmFormat, TakesTimesThatAreMissingAsAbsent) {
  for (const char* number : {"-1", "-1.0", "null", "NaN", "Infinity", "-Infinity"}) {
    EXPECT_EQ(start_of(number), kAbsentTime) << number;
  }
  Reader reader;
  ASSERT_STREQ(reader.read(R"({"scheduler_info": {}})"), nullptr);
  EXPECT_EQ(reader.record.start_ns, kAbsentTime);
  EXPECT_EQ(reader.record.input_tokens, kAbsentCount);
  EXPECT_EQ(reader.record.input_characters, kAbsentCount) << "no prompt is not an empty one";
  EXPECT_EQ(reader.record.request_id, 0u);
  ASSERT_STREQ(reader.read(R"({"scheduler_info": {}, "prompt": ""})"), nullptr);
  EXPECT_EQ(reader.record.input_characters, 0);
}

TEST(GuidellmFormat, TellsTheStatusFromWhatThereIs) {
  const std::tuple<const char*, Status, const char*> cases[] = {
      {R"({"status": "successful", "scheduler_info": {"errored": true}})", Status::ok, ""},
      {R"({"status": "errored", "scheduler_info": {}, "error": "503"})", Status::error, "503"},
      {R"({"status": "error", "scheduler_info": {}, "error": ""})", Status::error, ""},
      {R"({"status": "incomplete", "info": {"status": "errored", "error": "cut"}})",
       Status::incomplete, "cut"},
      {R"({"info": {"status": "cancelled"}})", Status::incomplete, ""},
      {R"({"info": {"status": "in_progress"}})", Status::incomplete, ""},
      {R"({"info": {"status": "errored", "error": "timeout"}})", Status::error, "timeout"},
      {R"({"info": {"status": "completed", "error": "ignored"}})", Status::ok, ""},
      {R"({"scheduler_info": {"canceled": true, "errored": true}})", Status::incomplete, ""},
      {R"({"scheduler_info": {"errored": true, "completed": true}})", Status::error, ""},
      {R"({"scheduler_info": {"completed": true}})", Status::ok, ""},
      {R"({"type_": "generative_text_error", "start_time": 1})", Status::error, ""},
      {R"({"type_": "generative_text_response", "start_time": 1})", Status::ok, ""},
      {R"({"start_time": 1})", Status::ok, ""},
  };
  for (const auto& [line, status, error] : cases) {
    Reader reader;
    ASSERT_STREQ(reader.read(line), nullptr) << line;
    EXPECT_EQ(reader.record.status, status) << line;
    EXPECT_EQ(reader.error(), error) << line;
  }
}

TEST(GuidellmFormat, TakesTheBenchmarksNameAsLabel) {
  Reader reader;
  ASSERT_STREQ(reader.read(R"({"byte_offset":9,"benchmark":2,"benchmark_name":"constant@2.50",)"
                           R"("status":"errored","scheduler_info":{}})"),
               nullptr);
  EXPECT_EQ(reader.label(), "constant@2.50");
  EXPECT_EQ(reader.record.status, Status::error);
}

TEST(GuidellmFormat, TakesOnlyNumbersAsPrintedForIdsThatAreNumbers) {
  const auto id = [](const std::string& json) {
    Reader reader;
    EXPECT_STREQ(reader.read(R"({"scheduler_info": {}, "request_id": )" + json + "}"), nullptr);
    return reader.record.request_id;
  };
  EXPECT_EQ(id("\"0\""), 0u);
  EXPECT_EQ(id("\"18446744073709551615\""), 18446744073709551615u);
  EXPECT_EQ(id("12"), 12u);
  EXPECT_EQ(id("\"012\""), crc64("012", 3)) << "else two texts would be one request";
  EXPECT_EQ(id("\"18446744073709551616\""), crc64("18446744073709551616", 20));
  EXPECT_EQ(id("\"q0\""), crc64("q0", 2));
  EXPECT_EQ(id("null"), 0u);
}

TEST(GuidellmFormat, NotesWhatIsOdd) {
  Reader reader;
  ASSERT_STREQ(reader.read(R"({"status": "errored", "scheduler_info": {}, "start_time": 1, )"
                           R"("first_token_time": 2, "start_time": 0.5})"),
               nullptr);
  EXPECT_EQ(reader.notes.mid_stream_errors, 1u);
  EXPECT_EQ(reader.notes.duplicate_keys, 1u);
  EXPECT_EQ(reader.record.start_ns, kSecond / 2) << "the last one counts";
}

TEST(GuidellmFormat, SaysWhyALineIsNoRecord) {
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "no request of guidellm: no info, scheduler_info or start_time"},
      {R"({"element":3})", "no request of guidellm: no info, scheduler_info or start_time"},
      {R"({"info": "x"})", "no request of guidellm: no info, scheduler_info or start_time"},
      {"[]", "no request of guidellm: no info, scheduler_info or start_time"},
      {"3", "neither a JSON object nor an array"},
      {R"({"start_time": "noon"})", "start_time is not a time"},
      {R"({"start_time": [1]})", "start_time is not a time"},
      {R"({"start_time": true})", "start_time is not a time"},
      {R"({"start_time": 1e10})", "a time is not between the years 1677 and 2262"},
      {R"({"start_time": 1, "scheduler_info": {"worker_end": "x"}})", "worker_end is not a time"},
      {R"({"start_time": 1, "prompt_tokens": -3})", "prompt_tokens is not a count"},
      {R"({"start_time": 1, "prompt_tokens": 1.5})", "prompt_tokens is not a count"},
      {R"({"start_time": 1, "prompt_tokens": 2147483648})", "prompt_tokens is not a count"},
      {R"({"start_time": 1, "output_tokens": "9"})", "output_tokens is not a count"},
      {R"({"info": {"timings": {"queued": {}}}})", "queued is not a time"},
      {R"({"info": {}, "status": "fine"})", "status is none of guidellm's"},
      {R"({"info": {}, "status": 1})", "status is none of guidellm's"},
      {R"({"start_time": 1, "error": "cut)", "not JSON: a string is not closed"},
  };
  Reader reader;
  for (const auto& [line, reason] : cases) EXPECT_STREQ(reader.read(line), reason) << line;
  std::vector<std::string> names;
  reader.errors.names_from(names);
  reader.labels.names_from(names);
  EXPECT_TRUE(names.empty()) << "a bad line leaves no name behind";
  EXPECT_STREQ(reader.read(kFlat), nullptr) << "a bad line spoils no later one";
}

// A torn line is a prefix of a good one: none passes for a record.
TEST(GuidellmFormat, RefusesEveryPrefixOfALine) {
  Reader reader;
  for (const std::string& whole : {kFlat, kTimed, kFirst}) {
    for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
      EXPECT_NE(reader.read(whole.substr(0, bytes)), nullptr) << "after " << bytes << " bytes";
    }
  }
}

// Nothing that a line contains may crash the parser or make it read beyond the padding: run with
// sanitizers.
TEST(GuidellmFormat, SurvivesDamagedLines) {
  const std::string pieces[] = {"{",  "}",      "[",    "]",  ":",     ",",    "\"",
                                "\\", "NaN",    "null", "-1", "1e999", "\xff", std::string(1, '\0'),
                                "\n", "info\"", " "};
  Reader reader;
  for (std::uint32_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    std::string line = seed % 3 == 0 ? kFlat : seed % 3 == 1 ? kTimed : kFirst;
    for (std::uint32_t edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % line.size();
      const std::string& piece = pieces[random() % std::size(pieces)];
      if (random() % 2 == 0) {
        line.insert(at, piece);
      } else {
        line.replace(at, std::min<std::size_t>(random() % 20, line.size() - at), piece);
      }
      if (line.empty()) line = "{";
    }
    const char* reason = reader.read(line);
    EXPECT_TRUE(reason == nullptr || std::strlen(reason) > 3);
  }
  EXPECT_STREQ(reader.read(kTimed), nullptr);
}

TEST(LooksLikeGuidellmRequests, KnowsEveryShape) {
  EXPECT_TRUE(looks_like_guidellm_requests(kFlat));
  EXPECT_TRUE(looks_like_guidellm_requests("\xEF\xBB\xBF\n " + kTimed + "\n{}"));
  EXPECT_TRUE(looks_like_guidellm_requests(R"({"status": "ok", "scheduler_info": {"req)"));
  EXPECT_TRUE(
      looks_like_guidellm_requests(R"({"type_": "generative_request_stats", "output": "cut)"));
  EXPECT_TRUE(looks_like_guidellm_requests(R"({"info": {"status": "x", "timings": {}}})"));
  EXPECT_FALSE(looks_like_guidellm_requests(""));
  EXPECT_FALSE(looks_like_guidellm_requests(R"({"response_text": "scheduler_info"})"));
  EXPECT_FALSE(looks_like_guidellm_requests(R"({"a": {"scheduler_info": {}}})"));
  EXPECT_FALSE(looks_like_guidellm_requests(R"({"info": {"a": {"timings": 1}}})"));
  EXPECT_FALSE(
      looks_like_guidellm_requests(R"({"benchmarks": [{"type_": "generative_benchmark"}]})"));
  EXPECT_FALSE(looks_like_guidellm_requests("{}\n" + kFlat));
}

TEST(GuidellmFormat, ReadsCountsOfTextsImagesAndSoOnBesideTheRequest) {
  Reader reader;
  const auto modalities = [&](std::string_view metrics) -> std::optional<ModalityRecord> {
    const std::string line =
        R"({"request_id": "17", "info": {"status": "errored", "timings": {}}, )" +
        std::string(metrics) + "}";
    EXPECT_EQ(reader.read(line), nullptr) << line;
    const std::byte* const further = reader.parser->further();
    if (further == nullptr) return std::nullopt;
    ModalityRecord record;
    std::memcpy(static_cast<void*>(&record), further, sizeof record);
    return record;
  };
  const auto some = modalities(
      R"("input_metrics": {"text_tokens": 5, "image_pixels": 640000, "video_seconds": 1.5, "text_words": null}, )"
      R"("output_metrics": {"audio_bytes": 9e9, "tool_call_count": "many", "image_count": NaN})");
  ASSERT_TRUE(some);
  EXPECT_EQ(some->request_id, 17u);
  EXPECT_EQ(some->status, Status::error);
  EXPECT_EQ(some->input.text_tokens, 5);
  EXPECT_EQ(some->input.image_pixels, 640'000);
  EXPECT_EQ(some->input.video_seconds, 1.5);
  EXPECT_TRUE(std::isnan(some->input.text_words));
  EXPECT_EQ(some->output.audio_bytes, 9e9);
  EXPECT_TRUE(std::isnan(some->output.tool_call_count))
      << "no number, and no reason to refuse the request";
  EXPECT_TRUE(std::isnan(some->output.image_count));
  EXPECT_FALSE(modalities(R"("input_metrics": {"text_tokens": null}, "output_metrics": null)"));
  EXPECT_FALSE(modalities(R"("prompt_tokens": 3)"));
}

}  // namespace
}  // namespace millrace
