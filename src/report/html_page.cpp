// SPDX-License-Identifier: Apache-2.0
#include "report/html_page.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/html_style.hpp"
#include "report/html_text.hpp"
#include "report/quantity.hpp"

namespace millrace {
namespace {

constexpr std::size_t kNameMax = 120;  // characters of the first cell, of captions

std::string cell_text(const HtmlCell& cell, std::size_t max) {
  const std::string text = html_text(cell.text, max);
  if (!cell.value || !std::isfinite(*cell.value)) return text;
  return fmt::format(R"(<data value="{}">{}</data>)", *cell.value, text);
}

}  // namespace

HtmlCell HtmlCell::of(double value, Unit unit) {
  return {show(value, unit), std::isfinite(value) ? std::optional(value) : std::nullopt};
}

HtmlCell HtmlCell::of(std::uint64_t count) {
  return {show_count(count), static_cast<double>(count)};
}

HtmlPage::HtmlPage(std::string_view title) {
  out_ = fmt::format(R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="generator" content="millrace"/>
<title>{0}</title>
<style>{1}</style>
</head>
<body>
<main>
<h1>{0}</h1>
)",
                     html_text(title, kNameMax), kHtmlStyle);
}

void HtmlPage::element(std::string_view name, std::string_view attributes, std::string_view text) {
  end_figures();
  out_ += fmt::format("<{0}{1}>{2}</{0}>\n", name, attributes, html_text(text));
}

void HtmlPage::end_figures() {
  if (in_figures_) out_ += "</div>\n";
  in_figures_ = false;
}

void HtmlPage::heading(int level, std::string_view text) {
  element(fmt::format("h{}", std::clamp(level, 1, 6)), "", text);
}

void HtmlPage::quiet(std::string_view text) { element("p", R"( class="quiet")", text); }

void HtmlPage::alert(std::string_view text) { element("p", R"( class="alert" role="note")", text); }

void HtmlPage::notes(std::string_view lines) {
  if (lines.empty()) return;
  end_figures();
  out_ += "<ul class=\"notes\">\n";
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    if (end != 0) out_ += "<li>" + html_text(lines.substr(0, end)) + "</li>\n";
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  out_ += "</ul>\n";
}

void HtmlPage::tiles(const std::vector<std::pair<std::string, std::string>>& tiles) {
  end_figures();
  out_ += "<dl class=\"tiles\">\n";
  for (const auto& [name, value] : tiles) {
    out_ += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_text(name), html_text(value));
  }
  out_ += "</dl>\n";
}

void HtmlPage::table(const HtmlTable& table) {
  end_figures();
  const std::string name = html_text(table.caption, kNameMax);
  // Focusable: a table that is too wide is scrolled with the keyboard, too.
  out_ += fmt::format(R"(<div class="scroll" role="region" tabindex="0" aria-label="{}">)",
                      name.empty() ? "table" : name);
  out_ += "\n<table>\n";
  if (!name.empty()) out_ += "<caption>" + name + "</caption>\n";
  out_ += "<thead><tr>";
  for (const std::string& text : table.header) {
    out_ += text.empty() ? "<td></td>"
                         : fmt::format(R"(<th scope="col">{}</th>)", html_text(text, kNameMax));
  }
  out_ += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out_ += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      out_ += i == 0 ? fmt::format(R"(<th scope="row">{}</th>)", cell_text(row[i], kNameMax))
                     : fmt::format("<td>{}</td>", cell_text(row[i], std::string_view::npos));
    }
    out_ += "</tr>\n";
  }
  out_ += "</tbody>\n</table>\n</div>\n";
}

void HtmlPage::figure(const Chart& chart) {
  if (!in_figures_) out_ += "<div class=\"figures\">\n";
  in_figures_ = true;
  out_ += "<figure><figcaption>" + html_text(chart.title, kNameMax) + "</figcaption>\n" +
          svg_chart(chart) + "</figure>\n";
}

std::string HtmlPage::finish() && {
  end_figures();
  return std::move(out_) + "</main>\n</body>\n</html>\n";
}

}  // namespace millrace
