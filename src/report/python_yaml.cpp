// SPDX-License-Identifier: Apache-2.0
#include "report/python_yaml.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "report/python_json.hpp"
#include "report/yaml_text.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPieceBytes = 64 << 10;

std::string float_text(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::string text = python_float(value);
  const std::size_t e = text.find('e');
  if (e != text.npos && text.find('.') == text.npos) text.insert(e, ".0");
  return text;
}

class Writer {
 public:
  Writer(const LongLists* lists, const WriteText* write_piece)
      : lists_(lists), write_piece_(write_piece) {}

  // `indent`: of the block that the value may be. `compact`: behind "- ", where a block goes on.
  void write(const Json& value, std::size_t indent, bool compact) {
    switch (value.type()) {
      case Json::value_t::object:
        if (value.empty()) break;
        return write_object(value, indent, compact);
      case Json::value_t::array:
        if (value.empty()) break;
        return write_array(value, indent, compact);
      case Json::value_t::binary:
        return write_long_list(static_cast<unsigned>(value.get_binary().subtype()), indent,
                               compact);
      case Json::value_t::string: {
        put(" ");
        const std::size_t lines = compact ? indent : indent + 2;
        return put(
            yaml_text(value.get_ref<const std::string&>(), {.column = column(), .indent = lines}));
      }
      default:
        break;
    }
    put(" ");
    put(scalar(value));
  }

  void write_root(const Json& value) {
    write(value, 0, true);
    if (!out_.empty() && out_.front() == ' ') out_.erase(0, 1);  // [] or {}
    out_ += '\n';
  }

  Result<void> finish() {
    pass_on(0);
    return std::move(result_);
  }
  std::string take() { return std::move(out_); }

 private:
  static std::string scalar(const Json& value) {
    switch (value.type()) {
      case Json::value_t::object:
        return "{}";
      case Json::value_t::array:
        return "[]";
      case Json::value_t::number_float:
        return float_text(value.get<double>());
      case Json::value_t::null:
        return "null";
      default:
        return python_json(value);
    }
  }

  void write_object(const Json& object, std::size_t indent, bool compact) {
    std::vector<std::pair<const std::string*, const Json*>> items;
    for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
      items.emplace_back(&key, &value);
    }
    std::sort(items.begin(), items.end(),
              [](const auto& a, const auto& b) { return *a.first < *b.first; });
    for (const auto& [key, value] : items) {
      begin_line(indent, compact);
      const bool simple = is_simple_yaml_key(*key);
      if (!simple) put("? ");
      put(yaml_text(*key, {.column = column(), .indent = indent + 2, .key = simple}));
      if (!simple) {
        out_ += '\n';
        out_.append(indent, ' ');
      }
      put(":");
      write_value(*value, indent, !simple);
      pass_on(kPieceBytes);
    }
  }

  // A list stands under its key, an object deeper.
  void write_value(const Json& value, std::size_t indent, bool compact) {
    const bool deeper = compact || (value.is_object() && !value.empty());
    write(value, deeper ? indent + 2 : indent, compact);
  }

  void write_array(const Json& array, std::size_t indent, bool compact) {
    for (const Json& item : array) write_item(item, indent, compact);
  }
  void write_item(const Json& item, std::size_t indent, bool& compact) {
    begin_line(indent, compact);
    put("-");
    write(item, indent + 2, true);
    pass_on(kPieceBytes);
  }

  void write_long_list(unsigned list, std::size_t indent, bool compact) {
    bool any = false;
    if (lists_ != nullptr) {
      auto listed = (*lists_)(list, [&](const Json& item) -> Result<void> {
        any = true;
        write_item(item, indent, compact);
        return result_;
      });
      if (result_ && !listed) result_ = std::move(listed);
    }
    if (!any) put(" []");
  }

  // The first item of a compact block goes on in the line: behind "-" and a blank, or at the very front.
  void begin_line(std::size_t indent, bool& compact) {
    if (!compact) {
      out_ += '\n';
      out_.append(indent, ' ');
    } else if (indent != 0) {
      put(" ");
    }
    compact = false;
  }

  [[nodiscard]] std::size_t column() const {
    const std::size_t line = out_.rfind('\n');
    return line == out_.npos ? out_.size() : out_.size() - line - 1;
  }
  void put(std::string_view some) { out_ += some; }
  // A line stays whole: the column is counted in it.
  void pass_on(std::size_t bytes) {
    if (write_piece_ == nullptr || out_.size() <= bytes || !result_) return;
    const std::size_t line = bytes == 0 ? out_.npos : out_.rfind('\n');
    const std::string_view whole = std::string_view(out_).substr(0, line);
    result_ = (*write_piece_)(whole);
    out_.erase(0, whole.size());
  }

  const LongLists* lists_;
  const WriteText* write_piece_;
  std::string out_;
  Result<void> result_;
};

}  // namespace

std::string python_yaml(const Json& value) {
  Writer writer(nullptr, nullptr);
  writer.write_root(value);
  return writer.take();
}

Result<void> write_python_yaml(const Json& value, const LongLists& lists, const WriteText& write) {
  Writer writer(&lists, &write);
  writer.write_root(value);
  return writer.finish();
}

}  // namespace millrace
