// SPDX-License-Identifier: Apache-2.0
#include "ingest/llmeter_format.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <simdjson.h>

#include "ingest/json_keys.hpp"
#include "ingest/json_reason.hpp"
#include "ingest/timestamp.hpp"

namespace millrace {
namespace {

namespace ondemand = simdjson::ondemand;
using R = LlmeterRecord;

struct Key {
  std::string_view quoted;      // with the closing quote: one memcmp decides
  double R::*number = nullptr;  // null: not a number, or skipped
  const char* not_a_number = nullptr;
  bool always_written = true;  // false: newer than the oldest writer
  [[nodiscard]] std::string_view name() const { return quoted.substr(0, quoted.size() - 1); }
};

// In the order in which llmeter writes them: the next key is nearly always the expected one.
constexpr std::array kKeys = {
    Key{"response_text\""},
    Key{"input_payload\""},
    Key{"id\""},
    Key{"input_prompt\""},
    Key{"time_to_first_token\"", &R::time_to_first_token, "time_to_first_token is not a number"},
    Key{"time_to_last_token\"", &R::time_to_last_token, "time_to_last_token is not a number"},
    Key{"num_tokens_input\"", &R::num_tokens_input, "num_tokens_input is not a number"},
    Key{"num_tokens_output\"", &R::num_tokens_output, "num_tokens_output is not a number"},
    Key{"num_tokens_input_cached\"", &R::num_tokens_input_cached,
        "num_tokens_input_cached is not a number"},
    Key{"num_tokens_output_reasoning\"", &R::num_tokens_output_reasoning,
        "num_tokens_output_reasoning is not a number", false},
    Key{"time_per_output_token\"", &R::time_per_output_token,
        "time_per_output_token is not a number"},
    Key{"error\""},
    Key{"retries\""},
    Key{"request_time\"", nullptr, nullptr, false},
};
constexpr std::size_t kUnknown = kKeys.size();
constexpr std::size_t kResponseText = 0, kTimeToFirstToken = 4, kTimeToLastToken = 5;
constexpr std::size_t kTimePerOutputToken = 10, kError = 11, kRequestTime = 13;
static_assert(kKeys[kResponseText].quoted == "response_text\"");
static_assert(kKeys[kTimeToFirstToken].number == &R::time_to_first_token);
static_assert(kKeys[kTimeToLastToken].number == &R::time_to_last_token);
static_assert(kKeys[kTimePerOutputToken].number == &R::time_per_output_token);
static_assert(kKeys[kError].quoted == "error\"");
static_assert(kKeys[kRequestTime].quoted == "request_time\"");

constexpr std::uint32_t kAlwaysWritten = [] {
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i].always_written) mask |= 1u << i;
  }
  return mask;
}();

std::size_t index_of(std::string_view name) {
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i].name() == name) return i;
  }
  return kUnknown;
}

// `raw` points behind the opening quote; padding makes it safe to compare beyond the line's end.
std::size_t index_of(ondemand::field& field, std::size_t expected) {
  const char* raw = field.key().raw();
  const auto is = [raw](std::string_view quoted) {
    return std::memcmp(raw, quoted.data(), quoted.size()) == 0;
  };
  if (expected < kKeys.size() && is(kKeys[expected].quoted)) return expected;
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (is(kKeys[i].quoted)) return i;
  }
  if (raw[std::strcspn(raw, "\"\\")] == '"') return kUnknown;
  std::string_view unescaped;  // "\u0065rror" is a way to write it
  return field.unescaped_key().get(unescaped) ? kUnknown : index_of(unescaped);
}

// A token reaches to the next structural character: blanks may follow the value.
std::string_view without_blanks(std::string_view token) {
  const auto last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::optional<double> nonfinite(std::string_view token) {
  if (token == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (token == "Infinity") return std::numeric_limits<double>::infinity();
  if (token == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

const char* read_null(ondemand::value& value) {
  bool null = false;
  if (value.is_null().get(null) || !null) return json_reason(simdjson::N_ATOM_ERROR);
  return nullptr;
}

// What a value that nobody reads may start with. It is skipped without more validation.
bool starts_a_value(char first) {
  return first != '\0' && std::strchr("\"{[tfn-0123456789NI", first) != nullptr;
}

class LlmeterParser final : public LineParser {
 public:
  const char* parse(std::string_view line, std::byte* record, LocalNames& /*labels*/,
                    LocalNames& errors, LineNotes& notes) override {
    if (line.size() > parser_.capacity()) {
      // Doubling: lines that grow slowly would else allocate each time.
      const auto error = parser_.allocate(std::bit_ceil(line.size()));
      if (error) return json_reason(error);
    }
    ondemand::document document;
    const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + kPadding);
    if (const auto error = parser_.iterate(padded).get(document)) return json_reason(error);
    ondemand::object object;
    if (const auto error = document.get_object().get(object)) {
      return error == simdjson::INCORRECT_TYPE ? "not a JSON object" : json_reason(error);
    }

    R r;
    State state{r};
    std::uint32_t seen = 0;
    std::size_t expected = 0;
    bool unknown = false, duplicate = false;
    for (auto entry : object) {
      ondemand::field field;
      if (const auto error = std::move(entry).get(field)) return json_reason(error);
      const std::size_t key = index_of(field, expected);
      if (key == kUnknown) {
        unknown = true;
      } else {
        duplicate |= (seen >> key & 1u) != 0;
        seen |= 1u << key;
        expected = key + 1;
      }
      if (const char* reason = read(key, field.value(), state)) return reason;
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      return json_reason(simdjson::TRAILING_CONTENT);
    }

    // A name is kept for good: only lines that are records give one.
    if (r.status == Status::error) r.error_class = errors.add(state.error_text);
    if (!state.time_per_output_token_given) derive_time_per_output_token(r);
    const bool timed = !std::isnan(r.time_to_first_token) || !std::isnan(r.time_to_last_token);
    notes.mid_stream_errors += r.status == Status::error && timed;
    notes.unknown_keys += unknown;
    notes.duplicate_keys += duplicate;
    notes.missing_keys += (seen & kAlwaysWritten) != kAlwaysWritten;
    notes.nonfinite_words += state.nonfinite_words;
    std::memcpy(record, &r, sizeof r);
    return nullptr;
  }

 private:
  struct State {
    R& record;
    std::string_view error_text{};  // valid until the next line is parsed
    std::uint64_t nonfinite_words = 0;
    bool time_per_output_token_given = false;
  };

  static const char* read(std::size_t key, ondemand::value value, State& state) {
    const std::string_view token = value.raw_json_token();
    if (token.empty()) return json_reason(simdjson::TAPE_ERROR);
    if (key == kError) return read_error(value, token, state);
    if (key == kRequestTime) return read_request_time(value, token, state);
    const bool number = key < kUnknown && kKeys[key].number != nullptr;
    if (number) return read_number(key, value, token, state);
    // Taken, not only skipped: simdjson 3.0.1 takes a skipped string before a colon for a key.
    if (token.front() == '"') {
      ondemand::raw_json_string taken;
      const auto error = value.get_raw_json_string().get(taken);
      return error ? json_reason(error) : nullptr;
    }
    return starts_a_value(token.front()) ? nullptr : json_reason(simdjson::TAPE_ERROR);
  }

  static const char* read_number(std::size_t key, ondemand::value& value, std::string_view token,
                                 State& state) {
    double& number = state.record.*kKeys[key].number;
    const char first = token.front();
    if (first == 'n') {
      number = R::kAbsent;
      if (key == kTimePerOutputToken) state.time_per_output_token_given = false;
      return read_null(value);
    }
    if (key == kTimePerOutputToken) state.time_per_output_token_given = true;
    if (const auto word = nonfinite(without_blanks(token))) {
      number = *word;
      ++state.nonfinite_words;
      return nullptr;
    }
    if (first != '-' && (first < '0' || first > '9')) return kKeys[key].not_a_number;
    // Its first character is a number's, so that any error is one of the number.
    return value.get_double().get(number) ? json_reason(simdjson::NUMBER_ERROR) : nullptr;
  }

  static const char* read_error(ondemand::value& value, std::string_view token, State& state) {
    R& r = state.record;
    if (token.front() == 'n') {
      r.status = Status::ok;
      return read_null(value);
    }
    if (!starts_a_value(token.front())) return json_reason(simdjson::TAPE_ERROR);
    std::string_view text = without_blanks(token);
    if (token.front() == '"') {
      text = text.size() < 2 ? "" : text.substr(1, text.size() - 2);
      // A lone surrogate, which Python writes and reads, is an error to simdjson: then the text
      // stays as the file has it.
      std::string_view unescaped;
      if (!value.get_string().get(unescaped)) text = unescaped;
    } else if (token.front() == '{' || token.front() == '[') {
      text = token.front() == '{' ? "(an object)" : "(an array)";
    }
    r.status = Status::error;
    state.error_text = text;
    return nullptr;
  }

  static const char* read_request_time(ondemand::value& value, std::string_view token,
                                       State& state) {
    state.record.request_time_ns = kAbsentTime;
    if (token.front() == 'n') return read_null(value);
    const std::string_view text = without_blanks(token);
    if (text.size() < 2 || text.front() != '"') return "request_time is not a time";
    const auto time = parse_iso8601(text.substr(1, text.size() - 2));
    if (!time) return "request_time is not a time";
    state.record.request_time_ns = time->ns;
    return nullptr;
  }

  // As llmeter does; a time of exactly 0 counts as absent there.
  static void derive_time_per_output_token(R& r) {
    if (r.time_to_first_token == 0 || r.time_to_last_token == 0) return;
    if (!(r.num_tokens_output > 1)) return;
    r.time_per_output_token =
        (r.time_to_last_token - r.time_to_first_token) / (r.num_tokens_output - 1);
  }

  ondemand::parser parser_;
};

}  // namespace

LineFormat llmeter_format(bool any_number) {
  return {"llmeter", llmeter_schema(any_number).value(),
          [] { return std::make_unique<LlmeterParser>(); }};
}

bool looks_like_llmeter(std::string_view first_bytes) {
  const std::string_view begun = json_begin(first_bytes);
  const std::string_view line = begun.substr(0, begun.find('\n'));  // its end may be cut off
  if (!line.starts_with('{')) return false;

  bool response_text = false, time_to_token = false;
  std::uint32_t seen = 0;
  each_json_key(line, [&](const JsonKey& read) {
    const std::size_t key = read.depth == 1 ? index_of(read.name) : kUnknown;
    if (key == kUnknown) return;
    seen |= 1u << key;
    response_text |= key == kResponseText;
    time_to_token |= key == kTimeToFirstToken || key == kTimeToLastToken;
  });
  return response_text || (time_to_token && std::popcount(seen) >= 2);
}

}  // namespace millrace
