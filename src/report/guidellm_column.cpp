// SPDX-License-Identifier: Apache-2.0
#include "report/guidellm_column.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace millrace {
namespace {

using Columns = std::vector<GuidellmColumn>;

constexpr std::size_t kLines = std::tuple_size_v<decltype(GuidellmColumn::header)>;

std::string padded(const std::string& text) { return text.empty() ? "" : " " + text + " "; }

// A header that stands over several columns: the cells behind its first one are empty, and its columns grow
// evenly where it needs more.
void merge_headers(const Columns& columns, Columns& cells, std::vector<std::size_t>& widths) {
  for (std::size_t line = 0; line < kLines; ++line) {
    for (std::size_t first = 0, end; first < cells.size(); first = end) {
      const std::string& text = columns[first].header[line];
      const auto same = [&](std::size_t i) {
        return !text.empty() && columns[i].header[line] == text &&
               (line == 0 || columns[i].header[line - 1] == columns[first].header[line - 1]);
      };
      std::size_t has = widths[first];
      for (end = first + 1; end < cells.size() && same(end); ++end) {
        cells[end].header[line].clear();
        has += widths[end];
      }
      const std::size_t needs = cells[first].header[line].size();
      for (std::size_t more = needs > has ? needs - has : 0, i = first; i < end; ++i) {
        const std::size_t left = end - i;
        const std::size_t share = (more + left - 1) / left;
        widths[i] += share;
        more -= share;
      }
    }
  }
}

std::string line_of(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                    char fill = ' ') {
  std::string line = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t pad = widths[i] > cells[i].size() ? widths[i] - cells[i].size() : 0;
    line += cells[i] + std::string(pad, fill) + "|";
  }
  return line + "\n";
}

// An empty cell behind another one lends it its width.
std::string header_line(const Columns& cells, std::vector<std::size_t> widths, std::size_t line) {
  std::vector<std::string> texts;
  std::size_t owner = cells.size();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    texts.push_back(cells[i].header[line]);
    if (!texts.back().empty()) {
      owner = i;
    } else if (owner != cells.size()) {
      widths[owner] += std::exchange(widths[i], 0);
    }
  }
  return line_of(texts, widths);
}

std::string table_of(const Columns& cells, const std::vector<std::size_t>& widths) {
  const std::vector<std::string> nothing(cells.size());
  std::string out = line_of(nothing, widths, '=');
  for (std::size_t line = 0; line < kLines; ++line) out += header_line(cells, widths, line);
  out += line_of(nothing, widths, '-');
  for (std::size_t row = 0; row < cells.front().values.size(); ++row) {
    std::vector<std::string> values;
    for (const GuidellmColumn& column : cells) values.push_back(column.values[row]);
    out += line_of(values, widths);
  }
  return out;
}

}  // namespace

std::string guidellm_tables(std::string_view title, const std::vector<Columns>& tables) {
  std::vector<Columns> cells = tables;
  std::vector<std::size_t> widths(tables.front().size());
  for (Columns& columns : cells) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      for (std::string& text : columns[i].header) text = padded(text);
      for (std::string& value : columns[i].values) {
        value = padded(value);
        widths[i] = std::max(widths[i], value.size());
      }
    }
  }
  for (std::size_t t = 0; t < tables.size(); ++t) merge_headers(tables[t], cells[t], widths);
  std::string out = fmt::format("\n\nℹ {}\n", title);
  for (const Columns& columns : cells) out += table_of(columns, widths);
  return out + line_of(std::vector<std::string>(widths.size()), widths, '=');
}

}  // namespace millrace
