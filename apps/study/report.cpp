#include "report.h"

#include "report_style.h"
#include "verdict.h"

#include <gradus/core/about/about.h>
#include <gradus/core/check.h>
#include <gradus/files/atomic_file.h>

#include <cctype>
#include <fstream>
#include <sstream>

namespace study {

namespace {

std::string file_content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

/// The picture as a data URL.
std::string data_url(const std::filesystem::path& svg) {
  constexpr std::string_view kept = " !'()*,-./:;=?@_~";
  std::string url = "data:image/svg+xml,";
  for (const char c : file_content(svg)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (std::isalnum(byte) != 0 && byte < 128) || (kept.find(c) != std::string_view::npos && c != ' ');
    url += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return url;
}

std::string badge(Finding finding) {
  const std::string word = to_string(finding);
  std::string css_class = word;
  std::ranges::replace(css_class, ' ', '-');
  return fmt::format("<strong class=\"verdict {}\">{}</strong>", css_class, word);
}

constexpr const char* rule =
    "<p>A criterion compares numbers seed by seed. It is <em>reproduced</em> if it holds by more than chance: with "
    "signs drawn at random, at most 2.5 % of the sums of the differences are as high as the one observed. It is "
    "<em>not reproduced</em> if its opposite holds in the same sense, and otherwise <em>not told apart</em>; then an "
    "estimate says how many seeds would do. A claim is reproduced if all its criteria are, not reproduced if at least "
    "one is not reproduced, and otherwise not told apart.</p>";

std::string command(const std::string& name, const std::string& options) {
  return escape_html(fmt::format("build/bin/study run {}{}", name, options));
}

std::string criteria_html(const Experiment& experiment, const Verdict& verdict) {
  std::string html = "<p>Criteria, written before the run:</p>\n<ul class=\"criteria\">\n";
  for (std::size_t i = 0; i < verdict.outcomes.size(); ++i) {
    const auto& [finding, observed] = verdict.outcomes[i];
    html += fmt::format("<li>{} {}. <span>Observed: {}.</span></li>\n", badge(finding),
                        escape_html(experiment.criteria[i].text), escape_html(observed));
  }
  return html + "</ul>\n";
}

/// The pictures for wide and for narrow screens; the style sheet shows one of them.
std::string figure(const Figure& figure, const std::filesystem::path& folder, const std::string& name) {
  return fmt::format(
      "<figure><img src=\"{0}\" alt=\"{1}\" class=\"wide-screen{2}\"><img src=\"{3}\" alt=\"{1}\" "
      "class=\"narrow-screen\">\n<figcaption>{1}</figcaption></figure>\n",
      data_url(folder / (name + ".svg")), escape_html(figure.caption), figure.panels.size() == 1 ? " one-panel" : "",
      data_url(folder / (name + "-narrow.svg")));
}

std::string section_html(std::size_t number, const Section& section, const Verdict& verdict, const std::string& options,
                         const std::filesystem::path& folder) {
  const Experiment& e = section.experiment;
  const Figure drawn = e.figure(section.results);
  const Table table = e.table(section.results);
  draw(drawn, folder / "figures", e.name);
  gradus::write_atomically(folder / "tables" / (e.name + ".csv"), to_csv(table));
  return fmt::format(
      "<section id=\"{0}\">\n<h2>{1}. {2}</h2>\n<p>{3} ({4})</p>\n<p><b>Set-up.</b> {5}</p>\n{6}"
      "<div class=\"wide\">{7}</div>\n<p><b>Published.</b> {8}</p>\n{9}"
      "<p>To repeat this experiment:</p>\n<pre><code>{10}</code></pre>\n</section>\n",
      e.name, number, escape_html(e.claim), badge(verdict.finding), verdict.count(), escape_html(e.setup),
      figure(drawn, folder / "figures", e.name), to_html(table), escape_html(e.published), criteria_html(e, verdict),
      command(e.name, options));
}

double seconds(const std::vector<Section>& sections) {
  double sum = 0;
  for (const Section& section : sections) {
    for (const Record& record : section.results.records()) sum += record.seconds;
  }
  return sum;
}

}  // namespace

void write_report(const std::vector<Section>& sections, const Setting& setting, const std::string& options,
                  const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "figures");
  std::filesystem::create_directories(folder / "tables");
  Table verdicts{{"number", "experiment", "verdict", "held", "of", "claim"}, {}};
  Table criteria{{"experiment", "verdict", "observed", "criterion"}, {}};
  std::string summary = "<ol>\n";
  std::string body;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const Experiment& e = sections[i].experiment;
    const Verdict verdict = judge(e, sections[i].results);
    verdicts.rows.push_back({fmt::format("{}", i + 1), e.name, to_string(verdict.finding),
                             fmt::format("{}", verdict.held()), fmt::format("{}", verdict.outcomes.size()), e.claim});
    for (std::size_t c = 0; c < verdict.outcomes.size(); ++c) {
      const auto& [finding, observed] = verdict.outcomes[c];
      criteria.rows.push_back({e.name, to_string(finding), observed, e.criteria[c].text});
    }
    summary +=
        fmt::format("<li><a href=\"#{}\">{}</a> {}</li>\n", e.name, escape_html(e.claim), badge(verdict.finding));
    body += section_html(i + 1, sections[i], verdict, options, folder);
  }
  gradus::write_atomically(folder / "verdicts.csv", to_csv(verdicts));
  gradus::write_atomically(folder / "criteria.csv", to_csv(criteria));
  const std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>Batch normalization, claim by "
      "claim</title>\n<style>\n{}</style>\n</head>\n<body>\n<h1>Batch normalization, claim by claim</h1>\n<p>Claims of "
      "a course on batch normalization, tested on real images. Lines are medians over {}; shaded bands and numbers in "
      "brackets are quartiles. All arms of a comparison start from the same weights and see the same batches. Data: "
      "{}; {}. Scale: {}{}.</p>\n{}\n{}</ol>\n<p>To repeat all "
      "experiments:</p>\n<pre><code>{}</code></pre>\n<details><summary>Version and "
      "platform</summary>\n<pre>{}</pre>\n<p>The runs took {:.0f} core-minutes in total. Each is a line in "
      "<code>runs/</code>. The tables are in <code>tables/</code>.</p>\n</details>\n{}</body>\n</html>\n",
      report_style, seeds_of(setting), setting.digits_source, setting.clothing_source, to_string(setting.scale),
      setting.scale == Scale::full
          ? ""
          : "; published numbers come from other, mostly larger runs, which the heads of the tables name",
      rule, summary, command("all", options), escape_html(gradus::about()), seconds(sections) / 60, body);
  gradus::write_atomically(folder / "index.html", page);
}

}  // namespace study
