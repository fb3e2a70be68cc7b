// SPDX-License-Identifier: Apache-2.0
//
// HtmlPage: a page that is one file: text, tables and charts, with its style inside.
//
//   HtmlPage page("requests of run/");
//   page.heading(2, "requests");
//   page.table({.header = {"", "p99"}, .rows = {{{"latency"}, HtmlCell::of(5e8, Unit::nanoseconds)}}});
//   page.figure(chart);
//   std::string html = std::move(page).finish();
//
// Texts    Any bytes; each is escaped here and nowhere else.
// Numbers  A cell shows what a text report shows, and carries the number itself: <data value="5e+08">.
// Form     HTML that an XML parser reads, too. No script; nothing is fetched.
// Threads  One at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/svg_chart.hpp"

namespace millrace {

struct HtmlCell {
  std::string text = {};
  std::optional<double> value = {};

  static HtmlCell of(double value, Unit unit);  // "-" where it is no number
  static HtmlCell of(std::uint64_t count);
};

struct HtmlTable {
  std::string caption = {};
  std::vector<std::string> header = {};
  std::vector<std::vector<HtmlCell>> rows = {};  // the first cell of each is its name
};

class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title);

  void heading(int level, std::string_view text);
  void quiet(std::string_view text);
  /// What must not be missed.
  void alert(std::string_view text);
  /// Each line a note of its own; none: nothing.
  void notes(std::string_view lines);
  /// Names and values, large.
  void tiles(const std::vector<std::pair<std::string, std::string>>& tiles);
  void table(const HtmlTable& table);
  /// Those that follow one another stand side by side where there is room.
  void figure(const Chart& chart);
  [[nodiscard]] std::string finish() &&;

 private:
  void element(std::string_view name, std::string_view attributes, std::string_view text);
  void end_figures();

  std::string out_;
  bool in_figures_ = false;
};

}  // namespace millrace
