// SPDX-License-Identifier: Apache-2.0
//
// OkRule: which lines of a foreign file count as ok, as a line of text in a map or on the command
// line.
//
//   auto rule = OkRule::compile("status >= 200 and status < 400 and not timed_out");
//   if (!rule) return rule.error();        // ok rule, column 8: expected a name, a number, ...
//   rule->names();                         // {"status", "timed_out"}
//   rule->holds(std::array<OkValue, 2>{503.0, false});
//
// Grammar   rule    = and-part { "or" and-part }
//           and-part = not-part { "and" not-part }
//           not-part = "not" not-part | "(" rule ")" | operand [ comparison operand ]
//           comparison is == != < <= > >=; an operand is a name, a JSON Pointer ("/http/code"), a
//           number, a text in ' or " (with \ before what is meant literally), true, false or null.
// Meaning   A lone operand holds unless it is missing, null, false, 0 or "". Numbers compare by
//           value, texts by bytes, a text that is a number with a number as one ("200" < 400).
//           What cannot be compared (a missing field, a text and a truth value) is not ==, < or >
//           anything, and is != everything; only null is == to missing, too. Never an error.
// Cost      No allocation in holds(); one pass over a flat program.
// Threads   holds() from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "millrace/result.hpp"

namespace millrace {

/// std::monostate: missing or null.
using OkValue = std::variant<std::monostate, bool, double, std::string_view>;

class OkRule {
 public:
  static constexpr std::size_t kTextBytesMax = 4096;
  static constexpr int kDepthMax = 30;  // of parentheses and nots

  static Result<OkRule> compile(std::string_view text);

  /// The fields it asks for; holds() wants their values in this order.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool holds(std::span<const OkValue> values) const noexcept;

 private:
  friend class OkRuleCompiler;
  enum class Step : std::uint8_t {
    truth,  // of a
    equal,  // a and b, and so on
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    both,  // the last two outcomes
    either,
    negate,  // the last outcome
  };
  struct Operand {
    bool constant = false;
    std::uint16_t index = 0;  // into constants_ or the values
  };
  struct Instruction {
    Step step = Step::truth;
    Operand a, b;
  };

  [[nodiscard]] const OkValue& value_of(Operand operand,
                                        std::span<const OkValue> values) const noexcept {
    return operand.constant ? constants_[operand.index] : values[operand.index];
  }
  [[nodiscard]] bool compare(const Instruction& instruction,
                             std::span<const OkValue> values) const noexcept;

  std::string text_;
  std::vector<std::string> names_;
  std::vector<OkValue> constants_;
  // What texts among the constants point to; shared, so that copies of the rule may, too.
  std::shared_ptr<std::deque<std::string>> literals_ = std::make_shared<std::deque<std::string>>();
  std::vector<Instruction> program_;  // postfix
};

}  // namespace millrace
