#pragma once

namespace study {

/// The style sheet of the report, for screens, phones and paper.
constexpr const char* report_style = R"css(
body { margin: 0 auto; max-width: 62rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; }
h1 { line-height: 1.2; }
h2 { line-height: 1.25; margin: 0 0 .5rem; }
section { border-top: 2px solid #ccc; margin-top: 2.5rem; padding-top: 1.5rem; }
ol li { margin: .3rem 0; }
a { color: #004f7c; }
figure { margin: 1rem 0; }
figure img { display: block; width: 100%; height: auto; }
figcaption { color: #444; font-size: .92rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { white-space: nowrap; padding: .3rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd; }
thead th { border-bottom: 2px solid #888; white-space: normal; vertical-align: bottom; }
tbody th { font-weight: normal; }
pre { background: #f3f3f3; padding: .6rem; overflow-x: auto; }
.verdict { padding: .1rem .5rem; border-radius: .3rem; border: 1px solid; white-space: nowrap; }
.reproduced { color: #00533c; background: #e3f4ee; }
.mixed { color: #6b4700; background: #fdf1d6; }
.not { color: #8a2f00; background: #fce6da; }
.criteria span { color: #444; }
@media print {
  body { max-width: none; font-size: 10pt; }
  figure, table, pre, .criteria li { break-inside: avoid; }
  h2 { break-after: avoid; }
  .wide { overflow: visible; }
  figure img { max-height: 8cm; }
  table { font-size: 8pt; }
  th, td { padding: .15rem .4rem; }
  section { break-before: page; border-top: 0; }
  pre { white-space: pre-wrap; }
}
)css";

}  // namespace study
