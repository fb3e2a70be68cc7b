// SPDX-License-Identifier: Apache-2.0
#include "ingest/guidellm_format.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/record.hpp"

#include "ingest/json_keys.hpp"
#include "ingest/json_picker.hpp"
#include "ingest/timestamp.hpp"
#include "record/crc64.hpp"
#include "record/modality.hpp"

namespace millrace {
namespace {

using R = GenerationRecord;
using Kind = JsonValue::Kind;

struct TimeKey {
  const char* pointer;
  std::int64_t R::*to;
};
struct CountKey {
  const char* pointer;
  std::int32_t R::*to;
};

// Of several keys for one field the first that has a value counts.
constexpr TimeKey kTimesOf02[] = {
    {"/scheduler_info/targeted_start_time", &R::intended_start_ns},
    {"/scheduler_info/queued_time", &R::queued_ns},
    {"/scheduler_info/dequeued_time", &R::dequeued_ns},
    {"/scheduler_info/scheduled_time", &R::scheduled_ns},
    {"/scheduler_info/worker_start", &R::resolve_start_ns},
    {"/start_time", &R::start_ns},
    {"/first_token_time", &R::first_token_ns},
    {"/last_token_time", &R::last_token_ns},
    {"/end_time", &R::end_ns},
    {"/scheduler_info/worker_end", &R::resolve_end_ns},
};
constexpr CountKey kCountsOf02[] = {
    {"/prompt_tokens", &R::input_tokens},
    {"/output_tokens", &R::output_tokens},
};

constexpr TimeKey kTimesOf04[] = {
    {"/info/timings/targeted_start", &R::intended_start_ns},
    {"/info/timings/queued", &R::queued_ns},
    {"/info/timings/dequeued", &R::dequeued_ns},
    {"/info/timings/scheduled_at", &R::scheduled_ns},
    {"/info/timings/resolve_start", &R::resolve_start_ns},
    {"/info/timings/request_start", &R::start_ns},
    {"/info/timings/first_request_iteration", &R::first_iteration_ns},
    {"/info/timings/first_token_iteration", &R::first_token_ns},
    {"/info/timings/first_output_token_iteration", &R::first_output_token_ns},
    {"/info/timings/last_token_iteration", &R::last_token_ns},
    {"/info/timings/last_request_iteration", &R::last_iteration_ns},
    {"/info/timings/request_end", &R::end_ns},
    {"/info/timings/resolve_end", &R::resolve_end_ns},
    {"/info/timings/finalized", &R::finalized_ns},
};
constexpr CountKey kCountsOf04[] = {
    {"/input_metrics/total_tokens", &R::input_tokens},
    {"/input_metrics/text_tokens", &R::input_tokens},
    {"/prompt_tokens", &R::input_tokens},
    {"/output_metrics/total_tokens", &R::output_tokens},
    {"/output_metrics/text_tokens", &R::output_tokens},
    {"/output_tokens", &R::output_tokens},
    {"/input_metrics/cached_tokens", &R::cached_input_tokens},
    {"/input_metrics/text_characters", &R::input_characters},
    {"/info/timings/request_iterations", &R::request_iterations},
    {"/info/timings/token_iterations", &R::token_iterations},
};

// Its first_token_time is a duration.
constexpr TimeKey kTimesOf01[] = {
    {"/start_time", &R::start_ns},
    {"/first_token_time", &R::first_token_ns},
    {"/last_time", &R::last_token_ns},
    {"/end_time", &R::end_ns},
};
constexpr CountKey kCountsOf01[] = {
    {"/prompt_token_count", &R::input_tokens},
    {"/output_token_count", &R::output_tokens},
    {"/request/prompt_token_count", &R::requested_input_tokens},
    {"/request/output_token_count", &R::requested_output_tokens},
};

struct StatusWord {
  std::string_view word;
  Status status;
};
constexpr StatusWord kStatusWords[] = {
    {"successful", Status::ok},         {"completed", Status::ok},
    {"errored", Status::error},         {"error", Status::error},
    {"incomplete", Status::incomplete}, {"cancelled", Status::incomplete},
    {"canceled", Status::incomplete},   {"queued", Status::incomplete},
    {"pending", Status::incomplete},    {"in_progress", Status::incomplete},
};

// The keys of all shapes as one tree. Shared by all parsers.
class Plan {
 public:
  template <typename To>
  struct Slot {
    std::uint16_t slot;
    To R::*to;
    std::string wrong;  // "start_time is not a time"
  };
  struct Shape {
    std::vector<Slot<std::int64_t>> times;
    std::vector<Slot<std::int32_t>> counts;
  };

  PointerTree tree;
  const std::uint16_t scheduler_info = add("/scheduler_info"), info = add("/info"),
                      request = add("/request"), start_time = add("/start_time");
  const std::uint16_t type = add("/type_"), label = add("/benchmark_name");
  const std::uint16_t request_id = add("/request_id"), id_of_01 = add("/request/id");
  const std::uint16_t status = add("/status"), info_status = add("/info/status");
  const std::uint16_t canceled = add("/scheduler_info/canceled"),
                      errored = add("/scheduler_info/errored"),
                      completed = add("/scheduler_info/completed");
  const std::uint16_t error = add("/error"), info_error = add("/info/error"),
                      message = add("/message");
  const std::uint16_t prompt = add("/prompt"), prompt_of_01 = add("/request/prompt");
  struct Modal {
    std::uint16_t slot;
    ModalityCounts ModalityRecord::*side;
    double ModalityCounts::*count;
  };
  const std::vector<Modal> modals = modal_counts();
  const Shape of_01 = shape(kTimesOf01, kCountsOf01), of_02 = shape(kTimesOf02, kCountsOf02),
              of_04 = shape(kTimesOf04, kCountsOf04);

 private:
  std::uint16_t add(std::string_view pointer) { return tree.add(pointer).value(); }
  std::vector<Modal> modal_counts() {
    std::vector<Modal> made;
    for (const Modality& modality : kModalities) {
      const std::string name = modality.name;
      made.push_back({add("/input_metrics/" + name), &ModalityRecord::input, modality.count});
      made.push_back({add("/output_metrics/" + name), &ModalityRecord::output, modality.count});
    }
    return made;
  }
  Shape shape(std::span<const TimeKey> times, std::span<const CountKey> counts) {
    const auto wrong = [](std::string_view pointer, const char* what) {
      return std::string(pointer.substr(pointer.rfind('/') + 1)) + " is not a " + what;
    };
    Shape made;
    for (const auto& [key, to] : times) made.times.push_back({add(key), to, wrong(key, "time")});
    for (const auto& [key, to] : counts) made.counts.push_back({add(key), to, wrong(key, "count")});
    return made;
  }
};

const Plan& plan() {
  static const Plan plan;
  return plan;
}

bool is_empty(const JsonValue& value) {
  return value.kind == Kind::absent || value.kind == Kind::null;
}

bool is_true(const JsonValue& value) { return value.kind == Kind::boolean && value.text == "true"; }

// Python writes 12 and, from a float, 12.0. Negative ones and fractions are no counts.
std::optional<std::int32_t> count_in(const JsonValue& value) {
  constexpr double kMax = std::numeric_limits<std::int32_t>::max();
  if (std::isnan(value.number)) return kAbsentCount;
  if (!(value.number >= 0 && value.number <= kMax)) return std::nullopt;
  if (value.number != std::trunc(value.number)) return std::nullopt;
  return static_cast<std::int32_t>(value.number);
}

std::int32_t characters_in(std::string_view utf8) {
  const auto n = std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;  // not the rest of a character
  });
  return static_cast<std::int32_t>(
      std::min<std::ptrdiff_t>(n, std::numeric_limits<std::int32_t>::max()));
}

std::uint64_t number_of_id(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  const bool as_printed = text.size() == 1 || !text.starts_with('0');
  if (error == std::errc() && stopped == end && as_printed) return number;
  return crc64(text.data(), text.size());
}

class GuidellmParser final : public LineParser {
 public:
  const char* parse(std::string_view line, std::byte* record, LocalNames& labels,
                    LocalNames& errors, LineNotes& notes) override {
    LineNotes of_line;
    if (const char* reason = picker_.pick(line, of_line)) return reason;
    const Plan::Shape* const shape = shape_of_line();
    if (shape == nullptr) return "no request of guidellm: no info, scheduler_info or start_time";

    R r;
    if (const char* reason = read_times(*shape, r)) return reason;
    if (const char* reason = read_counts(*shape, r)) return reason;
    if (const char* reason = read_status(r.status)) return reason;
    const bool of_01 = shape == &plan_.of_01;
    if (of_01) read_what_01_has_elsewhere(r);
    read_prompt(r);
    const JsonValue& id = picker_[of_01 ? plan_.id_of_01 : plan_.request_id];
    if (!is_empty(id)) r.request_id = number_of_id(id.text);
    read_modalities(r);

    // Names last: a bad line must leave none behind.
    const JsonValue& label = picker_[plan_.label];
    if (!label.text.empty()) r.label = labels.add(label.text);
    if (r.status != Status::ok) {
      const JsonValue& error = error_of_line();
      if (!is_empty(error)) r.error_class = errors.add(error.text);
    }
    notes.mid_stream_errors += r.status == Status::error && r.first_token_ns != kAbsentTime;
    notes.duplicate_keys += of_line.duplicate_keys;
    notes.nonfinite_words += of_line.nonfinite_words;
    std::memcpy(record, &r, sizeof r);
    return nullptr;
  }

  [[nodiscard]] const std::byte* further() const noexcept override {
    return has_modalities_ ? reinterpret_cast<const std::byte*>(&modalities_) : nullptr;
  }

 private:
  const Plan::Shape* shape_of_line() const {
    if (picker_[plan_.info].kind == Kind::composite) return &plan_.of_04;
    if (picker_[plan_.request].kind == Kind::composite) return &plan_.of_01;
    const bool flat = picker_[plan_.scheduler_info].kind == Kind::composite ||
                      !is_empty(picker_[plan_.start_time]);
    return flat ? &plan_.of_02 : nullptr;
  }

  const char* read_times(const Plan::Shape& shape, R& r) const {
    for (const auto& time : shape.times) {
      const JsonValue& value = picker_[time.slot];
      if (is_empty(value)) continue;
      if (value.kind != Kind::number) return time.wrong.c_str();
      const auto ns = parse_seconds(value.text);
      constexpr std::int64_t kMinusOne = -1'000'000'000;
      if (ns && *ns != kMinusOne) {
        r.*time.to = *ns;
      } else if (!ns && std::isfinite(value.number)) {
        return "a time is not between the years 1677 and 2262";
      }
    }
    return nullptr;
  }

  const char* read_counts(const Plan::Shape& shape, R& r) const {
    for (const auto& count : shape.counts) {
      const JsonValue& value = picker_[count.slot];
      if (is_empty(value) || r.*count.to != kAbsentCount) continue;
      const auto number = value.kind == Kind::number ? count_in(value) : std::nullopt;
      if (!number) return count.wrong.c_str();
      r.*count.to = *number;
    }
    return nullptr;
  }

  const char* read_status(Status& status) const {
    for (const std::uint16_t slot : {plan_.status, plan_.info_status}) {
      const JsonValue& value = picker_[slot];
      if (is_empty(value)) continue;
      const auto* word =
          std::find_if(std::begin(kStatusWords), std::end(kStatusWords),
                       [&](const StatusWord& known) { return known.word == value.text; });
      if (word == std::end(kStatusWords)) return "status is none of guidellm's";
      status = word->status;
      return nullptr;
    }
    if (is_true(picker_[plan_.canceled])) {
      status = Status::incomplete;
    } else if (is_true(picker_[plan_.errored]) || !is_empty(picker_[plan_.message])) {
      status = Status::error;
    } else if (!is_true(picker_[plan_.completed])) {
      // Neither list nor flag tells: the type does.
      status = picker_[plan_.type].text == "generative_text_error" ? Status::error : Status::ok;
    }
    return nullptr;
  }

  void read_what_01_has_elsewhere(R& r) const {
    if (r.first_token_ns == kAbsentTime) return;
    const bool known = r.start_ns != kAbsentTime &&
                       !__builtin_add_overflow(r.start_ns, r.first_token_ns, &r.first_token_ns);
    if (!known) r.first_token_ns = kAbsentTime;
  }

  void read_prompt(R& r) const {
    for (const std::uint16_t slot : {plan_.prompt, plan_.prompt_of_01}) {
      const JsonValue& prompt = picker_[slot];
      if (prompt.kind != Kind::text || r.input_characters != kAbsentCount) continue;
      r.input_characters = characters_in(prompt.text);
    }
  }

  // What is no number counts as not there: they are extras, for which no line is refused.
  void read_modalities(const R& r) {
    modalities_ = {.request_id = r.request_id, .status = r.status};
    has_modalities_ = false;
    for (const auto& modal : plan_.modals) {
      const JsonValue& value = picker_[modal.slot];
      if (value.kind != Kind::number || !std::isfinite(value.number)) continue;
      modalities_.*modal.side.*modal.count = value.number;
      has_modalities_ = true;
    }
  }

  const JsonValue& error_of_line() const {
    for (const std::uint16_t slot : {plan_.error, plan_.info_error}) {
      if (!is_empty(picker_[slot])) return picker_[slot];
    }
    return picker_[plan_.message];
  }

  const Plan& plan_ = plan();
  JsonPicker picker_{plan_.tree};
  ModalityRecord modalities_;
  bool has_modalities_ = false;
};

}  // namespace

LineFormat guidellm_format() {
  return {"guidellm", RecordTraits<R>::schema().value(),
          [] { return std::make_unique<GuidellmParser>(); },
          LineFormat::Further{"modalities", RecordTraits<ModalityRecord>::schema().value()}};
}

bool looks_like_guidellm_requests(std::string_view first_bytes) {
  const std::string_view begun = json_begin(first_bytes);
  const std::string_view line = begun.substr(0, begun.find('\n'));  // its end may be cut off
  if (!line.starts_with('{')) return false;
  bool type = false, scheduler_info = false, timings = false, in_info = false;
  each_json_key(line, [&](const JsonKey& key) {
    if (key.depth == 1) {
      type |= key.name == "type_" && key.value.starts_with("\"generative_");
      scheduler_info |= key.name == "scheduler_info" && key.value.starts_with('{');
      in_info = key.name == "info";
    }
    timings |= in_info && key.depth == 2 && key.name == "timings";
  });
  return type || scheduler_info || timings;
}

}  // namespace millrace
