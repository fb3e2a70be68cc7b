// SPDX-License-Identifier: Apache-2.0
//
// How the pages of HtmlPage look: on light and dark screens, wide and narrow ones, and on paper.
//
// Charts take their colours from the classes s0 to s5 (svg_chart.hpp). Nothing is fetched.
#pragma once

#include <string_view>

namespace millrace {

inline constexpr std::string_view kHtmlStyle = R"(
:root { color-scheme: light dark;
  --ground: #f5f6f8; --card: #ffffff; --text: #1b2027; --quiet: #59636f; --rule: #d9dde3; --grid: #dfe3e8;
  --bad: #a33000; --bad-ground: #fdeee6;
  --c0: #0072b2; --c1: #d55e00; --c2: #007a5a; --c3: #aa4499; --c4: #8a6d00; --c5: #56606b; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #14171b; --card: #1d2127; --text: #e6e9ed; --quiet: #a3adb8; --rule: #363c45; --grid: #333a43;
  --bad: #ffb088; --bad-ground: #40231a;
  --c0: #5cb8f0; --c1: #ff9150; --c2: #34c79b; --c3: #e493cd; --c4: #e0c341; --c5: #aab4bf; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 20px 24px 48px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 2px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 36px 0 10px; padding-top: 14px; border-top: 2px solid var(--rule);
  overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 26px 0 8px; overflow-wrap: anywhere; }
p, ul { margin: 6px 0; }
.quiet, .notes { color: var(--quiet); }
.quiet, .notes, .alert { font-size: .92rem; overflow-wrap: anywhere; }
.notes { list-style: none; padding: 0; }
.alert { padding: 8px 12px; border-left: 4px solid var(--bad); background: var(--bad-ground); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 10px;
  margin: 14px 0; padding: 0; }
.tiles div { background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
  padding: 8px 12px; min-width: 0; }
.tiles dt { color: var(--quiet); font-size: .82rem; overflow-wrap: anywhere; }
.tiles dd { margin: 0; font-size: 1.2rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 8px 0; background: var(--card); border: 1px solid var(--rule);
  border-radius: 8px; }
.scroll:focus-visible { outline: 2px solid var(--c0); }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 10px 12px 6px; overflow-wrap: anywhere; }
th, td { padding: 5px 8px; text-align: right; white-space: nowrap; }
th { font-weight: 600; color: var(--quiet); }
th:first-child { padding-left: 12px; text-align: left; color: var(--text); font-weight: 500; white-space: normal;
  width: 24%; max-width: 24rem; overflow-wrap: break-word; }
thead > tr > * { border-bottom: 1px solid var(--rule); }
thead th:first-child { font-weight: 600; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
  gap: 12px; margin: 12px 0; }
figure { margin: 0; padding: 10px 12px 8px; background: var(--card); border: 1px solid var(--rule);
  border-radius: 8px; min-width: 0; max-width: 760px; }
figcaption { font-weight: 600; font-size: .95rem; margin-bottom: 4px; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; color: var(--text); }
svg .grid { stroke: var(--grid); stroke-opacity: 1; }
svg .axis { fill: var(--quiet); }
svg .end { font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 4px;
  stroke-linejoin: round; }
.s0 { color: var(--c0); } .s1 { color: var(--c1); } .s2 { color: var(--c2); }
.s3 { color: var(--c3); } .s4 { color: var(--c4); } .s5 { color: var(--c5); }
@media (max-width: 560px) { main { padding: 14px 12px 32px; } figure { padding: 8px 6px; } }
@media print {
  :root { color-scheme: light;
    --ground: #fff; --card: #fff; --text: #000; --quiet: #444; --rule: #bbb; --grid: #ddd;
    --bad: #a33000; --bad-ground: #fff;
    --c0: #0072b2; --c1: #d55e00; --c2: #007a5a; --c3: #aa4499; --c4: #8a6d00; --c5: #56606b; }
  main { max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; } th, td { padding: 2px 5px; }
  .figures { grid-template-columns: 1fr 1fr; }
  figure, .tiles div, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; } }
)";

}  // namespace millrace
