// SPDX-License-Identifier: Apache-2.0
#include "ingest/guidellm_splitter.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "ingest/line_format.hpp"

namespace millrace {

// Keys whose values are entered. All others are texts, or nothing.
struct GuidellmSplitter::PassedOn {
  Role in;
  std::string_view key;
  Role enters;
  Status status = Status::ok;

  static const PassedOn kAll[];
};

const GuidellmSplitter::PassedOn GuidellmSplitter::PassedOn::kAll[] = {
    {Role::document, "benchmarks", Role::benchmarks},
    {Role::report, "benchmarks", Role::benchmarks},
    {Role::benchmark, "benchmarks", Role::benchmarks},  // 0.1
    {Role::benchmark, "requests", Role::requests},
    {Role::benchmark, "results", Role::list, Status::ok},  // 0.1
    {Role::benchmark, "errors", Role::list, Status::error},
    {Role::requests, "successful", Role::list, Status::ok},
    {Role::requests, "errored", Role::list, Status::error},
    {Role::requests, "incomplete", Role::list, Status::incomplete},
};

namespace {

constexpr std::size_t kKeyBytesMax = 256;

// As guidellm writes them.
std::string_view list_name(Status status) {
  switch (status) {
    case Status::ok:
      return "successful";
    case Status::error:
      return "errored";
    case Status::incomplete:
      break;
  }
  return "incomplete";
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

void GuidellmSplitter::take(std::string_view bytes, std::string& lines) {
  begin_ = bytes.data();
  const char* const end = begin_ + bytes.size();
  for (const char* at = begin_; at < end && !fault_;) {
    if (scanning_) {
      at = take_value(at, end, lines);
    } else if (is_blank(*at)) {
      ++at;
    } else {
      at = take_mark(at, lines);
    }
  }
  offset_ += bytes.size();
}

void GuidellmSplitter::end(std::string& /*lines*/) {
  if (document_.complete) return;
  fault_ = expect_ == Expect::document
               ? "the document is empty"
               : fmt::format("byte {}: the document is cut off here; what stands before was read",
                             offset_);
}

void GuidellmSplitter::refuse(const char* at, std::string_view why) {
  fault_ = fmt::format("byte {}: {}", offset_of(at), why);
}

bool GuidellmSplitter::is_object() const noexcept {
  return levels_.back().role != Role::benchmarks && levels_.back().role != Role::list;
}

// One byte that is not blank, between values.
const char* GuidellmSplitter::take_mark(const char* at, std::string& lines) {
  const char c = *at;
  switch (expect_) {
    case Expect::document:
      if (c == '{') return enter(at, Role::document);
      refuse(at, "no guidellm document: it is no JSON object");
      return at;
    case Expect::first_key:
      if (c == '}') return leave(at);
      [[fallthrough]];
    case Expect::key:
      if (c == '"') return scan(at, Into::key);
      refuse(at, "a key is missing");
      return at;
    case Expect::colon:
      if (c != ':') {
        refuse(at, "no colon behind a key");
        return at;
      }
      expect_ = Expect::value;
      return at + 1;
    case Expect::first_element:
      if (c == ']') return leave(at);
      [[fallthrough]];
    case Expect::value:
      return begin_value(at, lines);
    case Expect::comma:
      if (c == (is_object() ? '}' : ']')) return leave(at);
      if (c != ',') {
        refuse(at, "no comma behind a value");
        return at;
      }
      expect_ = is_object() ? Expect::key : Expect::value;
      return at + 1;
    case Expect::nothing:
      break;
  }
  refuse(at, "more text after the end of the document");
  return at;
}

const char* GuidellmSplitter::begin_value(const char* at, std::string& lines) {
  if (std::string_view(",:]}").find(*at) != std::string_view::npos) {
    refuse(at, "a value is missing");
    return at;
  }
  const Role role = levels_.back().role;
  if (role == Role::list) return begin_line(at, lines);
  if (role != Role::benchmarks) return begin_member(at);
  if (*at != '{') {
    refuse(at, "a benchmark is no object");
    return at;
  }
  if (document_.benchmarks.size() == GuidellmDocument::kBenchmarksMax) {
    refuse(at, fmt::format("more than {} benchmarks", GuidellmDocument::kBenchmarksMax));
    return at;
  }
  auto& benchmark = document_.benchmarks.emplace_back();
  benchmark.number = document_.benchmarks.size();
  return enter(at, Role::benchmark);
}

const char* GuidellmSplitter::begin_member(const char* at) {
  Level& level = levels_.back();
  const auto* known =
      std::find_if(std::begin(PassedOn::kAll), std::end(PassedOn::kAll),
                   [&](const PassedOn& one) { return one.in == level.role && one.key == key_; });
  if (known == std::end(PassedOn::kAll)) {
    const bool of_benchmark = level.role == Role::benchmark;
    const bool left = level.role == Role::requests ||
                      (of_benchmark && (key_ == "metrics" || key_ == "concurrencies"));
    return scan(at, left ? Into::nothing : Into::text);
  }
  const auto bit = 1u << (known - std::begin(PassedOn::kAll));
  if ((level.seen & bit) != 0) {
    refuse(at, fmt::format("a second '{}'", key_));
    return at;
  }
  level.seen |= bit;
  if (*at == 'n') return scan(at, Into::nothing);  // null
  if (*at != (known->enters == Role::requests ? '{' : '[')) {
    refuse(at, fmt::format("'{}' is neither {} nor null", key_,
                           known->enters == Role::requests ? "an object" : "a list"));
    return at;
  }
  if (level.role == Role::benchmark && known->enters == Role::benchmarks) {
    return enter_list_of_reports(at);
  }
  return enter(at, known->enters, known->status);
}

// Version 0.1 has benchmarks in reports: what seemed a benchmark is none, and its texts are the
// document's.
const char* GuidellmSplitter::enter_list_of_reports(const char* at) {
  constexpr std::size_t kLevelsOfReports = 3;  // document, benchmarks, and this one
  Level& level = levels_.back();
  if (levels_.size() != kLevelsOfReports || document_.benchmarks.back().requests_held() != 0) {
    refuse(at, "benchmarks within a benchmark");
    return at;
  }
  level.role = Role::report;
  level.seen = 1u << 1;  // of the table's second key: it comes once in a report, too
  auto texts = std::move(document_.benchmarks.back().texts);
  document_.benchmarks.pop_back();
  for (auto& text : texts) {
    if (document_.texts.size() < GuidellmDocument::kTextsMax) {
      document_.texts.push_back(std::move(text));
    }
  }
  return enter(at, Role::benchmarks);
}

const char* GuidellmSplitter::enter(const char* at, Role role, Status status) {
  levels_.push_back({role, status});
  expect_ = is_object() ? Expect::first_key : Expect::first_element;
  if (role != Role::list) return at + 1;
  auto& benchmark = document_.benchmarks.back();
  if (benchmark.name.empty()) benchmark.name = name_of(benchmark);
  prefix_ = fmt::format(R"(,"benchmark":{},"benchmark_name":"{}","status":"{}")", benchmark.number,
                        benchmark.name, list_name(status));
  return at + 1;
}

const char* GuidellmSplitter::leave(const char* at) {
  const Level level = levels_.back();
  levels_.pop_back();
  expect_ = Expect::comma;
  if (level.role == Role::benchmark) {
    auto& benchmark = document_.benchmarks.back();
    if (benchmark.name.empty()) benchmark.name = name_of(benchmark);
  } else if (level.role == Role::document) {
    if (level.seen == 0) {
      refuse(at, "no guidellm document: it has no key 'benchmarks'");
      return at;
    }
    expect_ = Expect::nothing;
    document_.complete = true;
  }
  return at + 1;
}

std::string GuidellmSplitter::name_of(const GuidellmDocument::Benchmark& benchmark) const {
  const auto& all = document_.benchmarks;
  std::string name = benchmark.strategy();
  if (name.empty()) return fmt::format("benchmark {}", benchmark.number);
  const bool used = std::any_of(all.begin(), all.end(), [&](const auto& other) {
    return &other != &benchmark && other.name == name;
  });
  return used ? fmt::format("{} (benchmark {})", name, benchmark.number) : name;
}

const char* GuidellmSplitter::begin_line(const char* at, std::string& lines) {
  auto& benchmark = document_.benchmarks.back();
  ++benchmark.requests[static_cast<std::size_t>(levels_.back().status)];
  if (options_.benchmark != 0 && options_.benchmark != benchmark.number) {
    return scan(at, Into::nothing);
  }
  fmt::format_to(std::back_inserter(lines), "{}{}{}", kDocumentLine, offset_of(at), prefix_);
  scan(at, Into::line);
  if (*at != '{') {
    lines += R"(,"element":)";
    line_closes_ = true;
    return at;
  }
  line_begins_ = true;
  return scanner_.take(at, at + 1);  // ours opens the object
}

// Starts at `at`, which is not taken yet.
const char* GuidellmSplitter::scan(const char* at, Into into) {
  scanner_.begin();
  scanning_ = true;
  into_ = into;
  if (into == Into::key) key_.clear();
  if (into == Into::text) text_.clear();
  return at;
}

const char* GuidellmSplitter::take_value(const char* at, const char* end, std::string& lines) {
  const char* const behind = scanner_.take(at, end);
  const std::string_view taken(at, static_cast<std::size_t>(behind - at));
  if (into_ == Into::line) {
    add_to_line(taken, lines);
  } else if (into_ == Into::key) {
    key_.append(taken.substr(0, kKeyBytesMax - std::min(key_.size(), kKeyBytesMax)));
  } else if (into_ == Into::text && text_.size() <= GuidellmDocument::kTextBytesMax) {
    text_.append(taken);  // a piece over the cap, which add_text() sees
  }
  if (scanner_.fault() != nullptr) {
    refuse(behind, scanner_.fault());
  } else if (scanner_.done()) {
    end_value(lines);
  }
  return behind;
}

void GuidellmSplitter::add_to_line(std::string_view bytes, std::string& lines) {
  if (line_begins_) {
    const auto* first = std::find_if_not(bytes.begin(), bytes.end(), is_blank);
    bytes.remove_prefix(static_cast<std::size_t>(first - bytes.begin()));
    if (bytes.empty()) return;
    line_begins_ = false;
    if (bytes.front() != '}') lines += ',';
  }
  std::size_t at = lines.size();
  lines.append(bytes);
  while ((at = lines.find('\n', at)) != std::string::npos) lines[at] = ' ';
}

void GuidellmSplitter::end_value(std::string& lines) {
  scanning_ = false;
  expect_ = into_ == Into::key ? Expect::colon : Expect::comma;
  if (into_ == Into::key) {
    const bool whole = key_.size() > 1 && key_.back() == '"';
    key_ = key_.substr(1, key_.size() - (whole ? 2 : 1));
  } else if (into_ == Into::text) {
    add_text();
  } else if (into_ == Into::line) {
    lines += line_closes_ ? "}\n" : "\n";
    line_closes_ = false;
  }
}

void GuidellmSplitter::add_text() {
  GuidellmDocument::Texts& all = texts();
  auto text =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.key == key_; });
  if (text == all.end()) {
    if (all.size() == GuidellmDocument::kTextsMax) return;
    text = all.insert(all.end(), {key_, {}, false});
  }
  texts_bytes_ -= text->json.size();
  text->left_out = text_.size() > GuidellmDocument::kTextBytesMax ||
                   texts_bytes_ + text_.size() > GuidellmDocument::kTextsBytesMax;
  text->json = text->left_out ? std::string() : std::string(text_);
  texts_bytes_ += text->json.size();
}

GuidellmDocument::Texts& GuidellmSplitter::texts() {
  const Role role = levels_.back().role;
  return role == Role::benchmark ? document_.benchmarks.back().texts : document_.texts;
}

}  // namespace millrace
