#pragma once

namespace study {

/// The style sheet of the report, for screens (light and dark), phones and paper.
constexpr const char* report_style = R"css(
:root {
  color-scheme: light dark;
  --text: #1a1a1a; --quiet: #444; --page: #fff; --box: #f3f3f3; --line: #ddd; --strong-line: #888; --link: #004f7c;
  --reproduced: #00533c; --reproduced-box: #e3f4ee;
  --open: #6b4700; --open-box: #fdf1d6;
  --not: #8a2f00; --not-box: #fce6da;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --text: #e6e6e6; --quiet: #b4b9be; --page: #16191d; --box: #23282e; --line: #3a4047; --strong-line: #79818a;
    --link: #7cc4ff;
    --reproduced: #7fdcb9; --reproduced-box: #10352a;
    --open: #f3c969; --open-box: #3a2d0c;
    --not: #ffab85; --not-box: #43200f;
  }
}
body { margin: 0 auto; max-width: 64rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); }
h1 { line-height: 1.2; }
h2 { line-height: 1.25; margin: 0 0 .5rem; }
section { border-top: 2px solid var(--line); margin-top: 2.5rem; padding-top: 1.5rem; }
ol li { margin: .3rem 0; }
a { color: var(--link); }
figure { margin: 1rem 0; }
figure img { display: block; width: 100%; height: auto; }
figure .one-panel { max-width: 40rem; }
figure .narrow-screen { display: none; max-width: 28rem; }
figcaption { color: var(--quiet); font-size: .92em; margin-top: .4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92em; font-variant-numeric: tabular-nums; }
th, td { white-space: nowrap; padding: .3rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { border-bottom: 2px solid var(--strong-line); white-space: normal; vertical-align: bottom; }
tbody th { font-weight: normal; }
pre { background: var(--box); padding: .6rem; overflow-x: auto; }
summary { cursor: pointer; }
.verdict { padding: .1rem .5rem; border-radius: .3rem; border: 1px solid; white-space: nowrap; }
.reproduced { color: var(--reproduced); background: var(--reproduced-box); }
.not-told-apart { color: var(--open); background: var(--open-box); }
.not-reproduced { color: var(--not); background: var(--not-box); }
.criteria span { color: var(--quiet); }
@media screen and (max-width: 900px) {
  figure .narrow-screen { display: block; }
  figure .wide-screen { display: none; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  figure, table, pre, .criteria li { break-inside: avoid; }
  h2 { break-after: avoid; }
  .wide { overflow: visible; }
  figure img { width: auto; max-width: 100%; max-height: 9.5cm; }
  table { font-size: 8pt; }
  th, td { padding: .15rem .4rem; }
  section { break-before: page; border-top: 0; }
  pre { white-space: pre-wrap; }
}
)css";

}  // namespace study
