// SPDX-License-Identifier: Apache-2.0
#include "ingest/ok_rule.hpp"

#include <algorithm>
#include <charconv>
#include <compare>
#include <optional>

#include <fmt/format.h>

namespace millrace {

// Recursive descent; every function leaves at_ behind what it read, and false means error_ is set.
class OkRuleCompiler {
 public:
  explicit OkRuleCompiler(std::string_view text) : text_(text) { rule_.text_ = text; }

  Result<OkRule> compile() {
    if (text_.size() > OkRule::kTextBytesMax) {
      return failure(Errc::limit,
                     fmt::format("ok rule: longer than {} bytes", OkRule::kTextBytesMax));
    }
    if (or_parts(0) && (skip_blanks(), at_ < text_.size())) expected("'and', 'or' or the end");
    if (!error_.empty()) return failure(Errc::invalid_argument, error_);
    return std::move(rule_);
  }

 private:
  using Step = OkRule::Step;

  bool or_parts(int depth) {
    if (!and_parts(depth)) return false;
    while (take_word("or")) {
      if (!and_parts(depth)) return false;
      rule_.program_.push_back({Step::either, {}, {}});
    }
    return true;
  }

  bool and_parts(int depth) {
    if (!not_part(depth)) return false;
    while (take_word("and")) {
      if (!not_part(depth)) return false;
      rule_.program_.push_back({Step::both, {}, {}});
    }
    return true;
  }

  bool not_part(int depth) {
    if (depth > OkRule::kDepthMax) {
      return fail(fmt::format("nested more than {} levels deep", OkRule::kDepthMax));
    }
    if (take_word("not")) {
      if (!not_part(depth + 1)) return false;
      rule_.program_.push_back({Step::negate, {}, {}});
      return true;
    }
    if (take('(')) return or_parts(depth + 1) && (take(')') || expected("')'"));
    OkRule::Operand a, b;
    if (!operand(a)) return false;
    const std::optional<Step> comparison = take_comparison();
    if (!error_.empty() || (comparison && !operand(b))) return false;
    rule_.program_.push_back({comparison.value_or(Step::truth), a, b});
    return true;
  }

  std::optional<Step> take_comparison() {
    static constexpr std::pair<std::string_view, Step> kComparisons[] = {
        {"==", Step::equal},         {"!=", Step::not_equal}, {"<=", Step::less_equal},
        {">=", Step::greater_equal}, {"<", Step::less},       {">", Step::greater}};
    skip_blanks();
    for (const auto& [sign, step] : kComparisons) {
      if (text_.substr(at_).starts_with(sign)) {
        at_ += sign.size();
        return step;
      }
    }
    if (at_ < text_.size() && text_[at_] == '=') expected("'==' for equality");
    return std::nullopt;
  }

  bool operand(OkRule::Operand& operand) {
    skip_blanks();
    const char next = at_ < text_.size() ? text_[at_] : '\0';
    if (next == '"' || next == '\'') return text_operand(operand);
    if (next == '-' || is_digit(next)) return number_operand(operand);
    const std::string_view name = next == '/' ? peek_pointer() : peek_name();
    if (name.empty() || name == "and" || name == "or" || name == "not") {
      return expected("a name, a number, a text, true, false or null");
    }
    at_ += name.size();
    if (name == "null") return constant(operand, std::monostate{});
    if (name == "true" || name == "false") return constant(operand, name == "true");
    const auto known = std::find(rule_.names_.begin(), rule_.names_.end(), name);
    operand = {false, static_cast<std::uint16_t>(known - rule_.names_.begin())};
    if (known == rule_.names_.end()) rule_.names_.emplace_back(name);
    return true;
  }

  bool number_operand(OkRule::Operand& operand) {
    double number = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, outcome] = std::from_chars(text_.data() + at_, end, number);
    if (outcome != std::errc()) return expected("a number");
    at_ = static_cast<std::size_t>(stop - text_.data());
    if (!peek_name().empty()) return expected("a blank behind the number");
    return constant(operand, number);
  }

  bool text_operand(OkRule::Operand& operand) {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    std::string literal;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      literal += text_[at_];
    }
    if (at_ == text_.size()) {
      at_ = begin;
      return fail("the text that begins here has no end");
    }
    ++at_;
    return constant(operand, std::string_view(rule_.literals_->emplace_back(std::move(literal))));
  }

  bool constant(OkRule::Operand& operand, OkValue value) {
    operand = {true, static_cast<std::uint16_t>(rule_.constants_.size())};
    rule_.constants_.push_back(value);
    return true;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
           is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
  }
  [[nodiscard]] std::string_view peek_name() const {
    std::size_t end = at_;
    while (end < text_.size() && is_name(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  [[nodiscard]] std::string_view peek_pointer() const {
    return text_.substr(at_, text_.find_first_of(" \t\r\n()<>=!", at_) - at_);
  }
  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n')) {
      ++at_;
    }
  }
  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    if (peek_name() != word) return false;
    at_ += word.size();
    return true;
  }

  bool expected(std::string_view what) {
    skip_blanks();
    return fail(fmt::format("expected {}", what));
  }
  bool fail(std::string_view why) {
    if (error_.empty()) error_ = fmt::format("ok rule, column {}: {}", at_ + 1, why);
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
  OkRule rule_;
};

namespace {

bool truth(const OkValue& value) {
  struct {
    bool operator()(std::monostate) const { return false; }
    bool operator()(bool b) const { return b; }
    bool operator()(double number) const { return number != 0.0; }
    bool operator()(std::string_view text) const { return !text.empty(); }
  } constexpr visitor;
  return std::visit(visitor, value);
}

std::optional<double> number_of(const OkValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  const auto* text = std::get_if<std::string_view>(&value);
  if (text == nullptr || text->empty()) return std::nullopt;
  double number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, outcome] = std::from_chars(text->data(), end, number);
  if (outcome != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::partial_ordering order(const OkValue& a, const OkValue& b) {
  if (const auto* x = std::get_if<std::string_view>(&a), *y = std::get_if<std::string_view>(&b);
      x != nullptr && y != nullptr) {
    return *x <=> *y;
  }
  if (const auto x = number_of(a), y = number_of(b); x && y) return *x <=> *y;
  if (const auto* x = std::get_if<bool>(&a), *y = std::get_if<bool>(&b);
      x != nullptr && y != nullptr && *x == *y) {
    return std::partial_ordering::equivalent;
  }
  return std::partial_ordering::unordered;
}

}  // namespace

Result<OkRule> OkRule::compile(std::string_view text) { return OkRuleCompiler(text).compile(); }

bool OkRule::compare(const Instruction& instruction,
                     std::span<const OkValue> values) const noexcept {
  const OkValue& a = value_of(instruction.a, values);
  const OkValue& b = value_of(instruction.b, values);
  // Two missing fields are not equal to each other, but a missing one is equal to a written null.
  const bool with_constant = instruction.a.constant || instruction.b.constant;
  const bool both_null = std::holds_alternative<std::monostate>(a) &&
                         std::holds_alternative<std::monostate>(b) && with_constant;
  const std::partial_ordering outcome = both_null ? std::partial_ordering::equivalent : order(a, b);
  switch (instruction.step) {
    case Step::equal:
      return outcome == 0;
    case Step::not_equal:
      return outcome != 0;
    case Step::less:
      return outcome < 0;
    case Step::greater:
      return outcome > 0;
    case Step::less_equal:
      return outcome <= 0 && !both_null;
    case Step::greater_equal:
      return outcome >= 0 && !both_null;
    default:
      return false;
  }
}

bool OkRule::holds(std::span<const OkValue> values) const noexcept {
  // Outcomes that wait, the last one in the lowest bit. A level of nesting keeps at most one of
  // "or" and one of "and" waiting beside the outcome in the making.
  static_assert(2 * (kDepthMax + 1) + 1 <= 64);
  std::uint64_t outcomes = 0;
  for (const Instruction& instruction : program_) {
    const std::uint64_t last = outcomes & 1u;
    switch (instruction.step) {
      case Step::both:
        outcomes = (outcomes >> 1) & ~(last ^ 1u);
        break;
      case Step::either:
        outcomes = (outcomes >> 1) | last;
        break;
      case Step::negate:
        outcomes ^= 1u;
        break;
      case Step::truth:
        outcomes = (outcomes << 1) | std::uint64_t{truth(value_of(instruction.a, values))};
        break;
      default:
        outcomes = (outcomes << 1) | std::uint64_t{compare(instruction, values)};
    }
  }
  return (outcomes & 1u) != 0;
}

}  // namespace millrace
