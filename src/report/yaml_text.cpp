// SPDX-License-Identifier: Apache-2.0
#include "report/yaml_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "report/code_point.hpp"

namespace millrace {
namespace {

constexpr std::size_t kWidth = 80;

// ---- What a reader would take a plain scalar for -----------------------------------------------------

constexpr std::string_view kDigits = "0123456789";

// A front that shrinks as its parts are found.
struct Rest {
  std::string_view text;
  bool one(std::string_view of) {
    if (text.empty() || of.find(text.front()) == of.npos) return false;
    text.remove_prefix(1);
    return true;
  }
  bool word(std::string_view exact) {
    if (!text.starts_with(exact)) return false;
    text.remove_prefix(exact.size());
    return true;
  }
  std::size_t some(std::string_view of) {
    const std::size_t n = std::min(text.find_first_not_of(of), text.size());
    text.remove_prefix(n);
    return n;
  }
  // Of at least `least` digits, at most `most`.
  bool digits(std::size_t least, std::size_t most) {
    std::size_t n = 0;
    while (n < most && one(kDigits)) ++n;
    return n >= least;
  }
  // ":59", as often as there are some: base 60. True: at least one.
  bool sixties() {
    bool any = false;
    for (Rest next = *this; next.word(":"); *this = next, any = true) {
      const Rest begin = next;
      if (!(next.one("012345") && next.one(kDigits))) {
        next = begin;
        if (!next.one(kDigits)) break;
      }
    }
    return any;
  }
};

bool is_integer(std::string_view text) {
  Rest rest{text};
  rest.one("+-");
  const auto all = [&](std::string_view prefix, std::string_view of) {
    Rest number = rest;
    return number.word(prefix) && number.some(of) > 0 && number.text.empty();
  };
  if (rest.text == "0" || all("0b", "01_") || all("0", "01234567_") ||
      all("0x", "0123456789abcdefABCDEF_")) {
    return true;
  }
  if (!rest.one("123456789")) return false;
  rest.some("0123456789_");
  return rest.text.empty() || (rest.sixties() && rest.text.empty());
}

bool is_float(std::string_view text) {
  constexpr std::array<std::string_view, 6> kWords = {".inf", ".Inf", ".INF",
                                                      ".nan", ".NaN", ".NAN"};
  const auto exponent = [](Rest rest) {
    if (rest.text.empty()) return true;
    return rest.one("eE") && rest.one("+-") && rest.some(kDigits) > 0 && rest.text.empty();
  };
  Rest rest{text};
  const bool sign = rest.one("+-");
  const auto word = std::find(kWords.begin(), kWords.end(), rest.text);
  if (word != kWords.end()) return !sign || word < kWords.begin() + 3;
  if (!sign && rest.text.size() > 1 && rest.text[0] == '.' &&
      kDigits.find(rest.text[1]) != kDigits.npos) {
    rest.one(".");
    rest.some("0123456789_");
    return exponent(rest);
  }
  if (!rest.one(kDigits)) return false;
  rest.some("0123456789_");
  const bool sixties = rest.sixties();
  if (!rest.one(".")) return false;
  rest.some("0123456789_");
  return sixties ? rest.text.empty() : exponent(rest);
}

bool is_timestamp(std::string_view text) {
  Rest rest{text};
  if (!rest.digits(4, 4) || !rest.word("-")) return false;
  Rest date = rest;
  if (date.digits(2, 2) && date.word("-") && date.digits(2, 2) && date.text.empty()) return true;
  if (!rest.digits(1, 2) || !rest.word("-") || !rest.digits(1, 2)) return false;
  if (!rest.one("Tt") && rest.some(" \t") == 0) return false;
  if (!rest.digits(1, 2) || !rest.word(":") || !rest.digits(2, 2) || !rest.word(":") ||
      !rest.digits(2, 2)) {
    return false;
  }
  if (rest.word(".")) rest.some(kDigits);
  if (rest.text.empty()) return true;
  rest.some(" \t");
  if (rest.word("Z")) return rest.text.empty();
  if (!rest.one("+-") || !rest.digits(1, 2)) return false;
  return rest.text.empty() || (rest.word(":") && rest.digits(2, 2) && rest.text.empty());
}

bool is_something_else(std::string_view text) {
  constexpr std::string_view kWords[] = {"",      "~",     "null",  "Null", "NULL", "yes",  "Yes",
                                         "YES",   "no",    "No",    "NO",   "true", "True", "TRUE",
                                         "false", "False", "FALSE", "on",   "On",   "ON",   "off",
                                         "Off",   "OFF",   "<<",    "="};
  return std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords) ||
         is_integer(text) || is_float(text) || is_timestamp(text);
}

// ---- Which style its characters allow ----------------------------------------------------------------

bool is_blank(char c) { return c == '\0' || c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_printable(char c) { return c >= ' ' && c <= '~'; }

bool has_escapes(std::string_view text) {  // or blanks that only double quotes keep
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c != '\n' && !is_printable(c); }) ||
         text.find(" \n") != text.npos || text.find("\n ") != text.npos;
}

// Characters that mean something to a reader of a block.
bool has_indicators(std::string_view text) {
  const auto blank_behind = [&](std::size_t i) {
    return i + 1 >= text.size() || is_blank(text[i + 1]);
  };
  if (text.starts_with("---") || text.starts_with("...")) return true;
  constexpr std::string_view kFirst = "#,[]{}&*!|>'\"%@`";
  if (kFirst.find(text.front()) != kFirst.npos) return true;
  if ((text.front() == '?' || text.front() == '-') && blank_behind(0)) return true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':' && blank_behind(i)) return true;
    if (text[i] == '#' && i > 0 && is_blank(text[i - 1])) return true;
  }
  return false;
}

enum class Style { plain, single_quoted, double_quoted };

Style style_of(std::string_view text, bool key) {
  const bool lines = text.find('\n') != text.npos;
  if (has_escapes(text) || (key && lines)) return Style::double_quoted;
  const bool edges = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  const bool plain = !text.empty() && !lines && !edges && !has_indicators(text);
  return plain && !is_something_else(text) ? Style::plain : Style::single_quoted;
}

// ---- Writing -----------------------------------------------------------------------------------------

class Folder {
 public:
  explicit Folder(YamlPlace place) : place_(place), column_(place.column) {}

  void put(std::string_view some) {
    out += some;
    column_ += some.size();
  }
  void break_line() {
    out += '\n';
    out.append(place_.indent, ' ');
    column_ = place_.indent;
  }
  [[nodiscard]] bool beyond() const { return !place_.key && column_ > kWidth; }
  [[nodiscard]] std::size_t column() const { return column_; }

  std::string out;

 private:
  YamlPlace place_;
  std::size_t column_;
};

// A single blank behind column 80 becomes a line's end, and n line ends n + 1.
std::string words(std::string_view text, YamlPlace place, bool quoted) {
  Folder folder(place);
  if (quoted) folder.put("'");
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    std::size_t end = at;
    if (c == ' ') {
      end = std::min(text.find_first_not_of(' ', at), text.size());
      const bool inside = !quoted || (at != 0 && end != text.size());
      if (end == at + 1 && inside && folder.beyond()) {
        folder.break_line();
      } else {
        folder.put(text.substr(at, end - at));
      }
    } else if (c == '\n') {
      end = std::min(text.find_first_not_of('\n', at), text.size());
      folder.out.append(end - at, '\n');
      folder.break_line();
    } else if (c == '\'') {
      end = at + 1;
      folder.put(quoted ? "''" : "'");
    } else {
      end = std::min(text.find_first_of(" \n'", at), text.size());
      folder.put(text.substr(at, end - at));
    }
    at = end;
  }
  if (quoted) folder.put("'");
  return std::move(folder.out);
}

std::string escape(std::uint32_t code) {
  constexpr std::pair<std::uint32_t, char> kNamed[] = {
      {0, '0'},     {7, 'a'},    {8, 'b'},    {9, 't'},      {10, 'n'},
      {11, 'v'},    {12, 'f'},   {13, 'r'},   {27, 'e'},     {'"', '"'},
      {'\\', '\\'}, {0x85, 'N'}, {0xA0, '_'}, {0x2028, 'L'}, {0x2029, 'P'}};
  for (const auto& [named, letter] : kNamed) {
    if (code == named) return std::string("\\") + letter;
  }
  return code <= 0xFF     ? fmt::format("\\x{:02X}", code)
         : code <= 0xFFFF ? fmt::format("\\u{:04X}", code)
                          : fmt::format("\\U{:08X}", code);
}

// Behind column 80 a backslash ends the line, before a blank, behind an escape or one further; a blank that
// begins the next line has one, too.
std::string escaped(std::string_view text, YamlPlace place) {
  Folder folder(place);
  folder.put("\"");
  std::string run;  // of characters that need no escape, not yet put
  bool first = true;
  while (!text.empty()) {
    const CodePoint c = next_code_point(text);
    const std::string_view bytes = text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
    const bool plain = c.code >= ' ' && c.code <= '~' && c.code != '"' && c.code != '\\';
    if (!plain) {
      folder.put(run);
      run.clear();
      folder.put(escape(c.code));
    }
    const bool breaks = !first && !text.empty() && (c.code == ' ' || run.empty());
    if (breaks && !place.key && folder.column() + run.size() > kWidth + (plain ? 0 : 1)) {
      folder.put(run + "\\");
      run.clear();
      folder.break_line();
      if (plain ? c.code == ' ' : text.front() == ' ') folder.put("\\");
    }
    if (plain) run += bytes;
    first = false;
  }
  folder.put(run);
  folder.put("\"");
  return std::move(folder.out);
}

}  // namespace

std::string yaml_text(std::string_view text, YamlPlace place) {
  switch (style_of(text, place.key)) {
    case Style::plain:
      return words(text, place, false);
    case Style::single_quoted:
      return words(text, place, true);
    case Style::double_quoted:
      break;
  }
  return escaped(text, place);
}

bool is_simple_yaml_key(std::string_view text) {
  constexpr std::size_t kCharactersMax = 122;  // with "!!str", which PyYAML counts, less than 128
  std::size_t characters = 0;
  for (std::string_view rest = text; !rest.empty(); ++characters) {
    const CodePoint c = next_code_point(rest);
    const bool ends_a_line =
        c.code == '\n' || c.code == 0x85 || c.code == 0x2028 || c.code == 0x2029;
    if (ends_a_line) return false;
    rest.remove_prefix(c.bytes);
  }
  return characters > 0 && characters <= kCharactersMax;
}

}  // namespace millrace
