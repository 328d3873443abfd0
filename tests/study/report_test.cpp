#include "study/report.h"
#include "study/run_log.h"
#include "study/verdict.h"
#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/core/about/version.h>
#include <gradus/core/check.h>

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>

using namespace study;
using gradus::error_text;
using gradus::FileError;
using gradus::ValueError;

namespace {

Setting small_setting() {
  Setting setting = make_setting(Scale::quick, 2, {});
  return setting;
}

/// An experiment with two arms; the value of "b" is larger.
Experiment larger() {
  Experiment e;
  e.name = "larger";
  e.claim = "b > a";
  e.setup = "two numbers";
  e.add_arm({{"arm", "a"}}, [](Record& record) { record.add("value", 1); });
  e.add_arm({{"arm", "b"}}, [](Record& record) { record.add("value", 2); });
  const auto value = [](const Results& results, const std::string& arm) {
    return results.each({{"arm", arm}}, "value");
  };
  e.add_criterion("b is larger",
                  [=](const Results& results) { return higher(value(results, "b"), value(results, "a"), number); });
  e.figure = [](const Results& results) {
    return Figure{"a & b", {{"title", "x", "y", {{"it's", {0}, results.band({{"arm", "a"}}, "value")}}}}};
  };
  e.table = [=](const Results& results) {
    return Table{{"arm", "value"},
                 {{"a, \"first\"", number(median(value(results, "a")))}, {"b", number(median(value(results, "b")))}}};
  };
  return e;
}

Record run(const Arm& arm, std::uint64_t seed) {
  Record record{.labels = arm.labels, .seed = seed, .options = {}, .values = {}, .seconds = 0.5};
  arm.measure(record);
  return record;
}

/// The results of both arms with the seeds from 42 on.
Results runs(const Experiment& e, std::uint64_t seeds) {
  std::vector<Record> records;
  for (const Arm& arm : e.arms) {
    for (std::uint64_t i = 0; i < seeds; ++i) records.push_back(run(arm, 42 + i));
  }
  return Results(std::move(records));
}

Criterion always(const std::string& text, std::vector<double> excess) {
  return {text, [=](const Results&) { return Evidence{excess, "numbers"}; }};
}

}  // namespace

TEST_CASE("record: JSON keeps every bit") {
  Record record{.labels = {{"norm", "batch"}, {"rate", "0.1"}},
                .seed = 42,
                .options = {{"steps", 3}},
                .values = {},
                .seconds = 1};
  record.add("loss", 0.1 + 0.2);
  record.add("loss", std::numeric_limits<double>::infinity());
  const Record back = to_record(nlohmann::ordered_json::parse(to_json(record).dump()));
  CHECK_EQ(back.labels, record.labels);
  CHECK_EQ(back.seed, 42);
  CHECK_EQ(back.options, record.options);
  CHECK_EQ(back.series("loss")[0], 0.1 + 0.2);
  CHECK(std::isnan(back.last("loss")));
  CHECK_EQ(to_string(record.labels), "norm batch, rate 0.1");
  CHECK_EQ(error_text<ValueError>([&] { record.series("los"); }),
           "[study] expected a value 'los' in the run 'norm batch, rate 0.1', got none");
}

TEST_CASE("results: queries by labels") {
  std::vector<Record> records;
  for (const double value : {1.0, 2.0, 6.0}) {
    records.push_back({.labels = {{"arm", "a"}, {"rate", "1"}},
                       .seed = 1,
                       .options = {},
                       .values = {{"v", {0, value}}},
                       .seconds = 0});
  }
  records.push_back(
      {.labels = {{"arm", "b"}, {"rate", "1"}}, .seed = 1, .options = {}, .values = {{"v", {0, 9}}}, .seconds = 0});
  const Results results(records);
  CHECK_EQ(results.matching({{"rate", "1"}}).size(), 4);
  CHECK_EQ(results.last({{"arm", "a"}}, "v").median, 2);
  CHECK_EQ(results.last({{"arm", "a"}}, "v").high, 4);
  CHECK_EQ(results.band({{"arm", "a"}}, "v").median, std::vector<double>{0, 2});
  CHECK_EQ(results.each({{"arm", "b"}}, [](const Record& r) { return r.series("v")[0]; }), std::vector<double>{0});
  CHECK_EQ(results.each({{"arm", "b"}}, "v"), std::vector<double>{9});
  CHECK_EQ(error_text<ValueError>([&] {
             results.last({{"arm", "c"}}, "v");
           }),
           "[study] expected a run of 'arm c', got none");
  CHECK_EQ(percent(Quartiles{0.5, 0.75, 0.999}), "75.0 % (50.0 to 99.9)");
  CHECK_EQ(number(0.000012345), "1.23e-05");
  CHECK_EQ(number(std::nan("")), "not finite");
}

TEST_CASE("results: the best of the arms, by seed") {
  const auto record = [](const std::string& rate, std::uint64_t seed, double value) {
    return Record{.labels = {{"arm", "a"}, {"rate", rate}},
                  .seed = seed,
                  .options = {},
                  .values = {{"v", {9, value}}},
                  .seconds = 0};
  };
  const Results results({record("1", 7, 0.5), record("1", 8, 0.75), record("2", 7, 0.875), record("2", 8, 0.25)});
  CHECK_EQ(results.best({{"arm", "a"}}, "v"), std::vector<double>{0.875, 0.75});
  CHECK_EQ(results.best({{"rate", "2"}}, "v"), std::vector<double>{0.875, 0.25});
}

TEST_CASE("evidence: pairs with the same seed, and a margin") {
  const Evidence more = higher({3, 5}, {1, 2}, number, 0.5);
  CHECK_EQ(more.excess, std::vector<double>{1.5, 2.5});
  CHECK_EQ(more.observed, "4 against 1.5");
  const Evidence less = lower({0.25, 0.5}, {0.5, 0.5}, percent, 0.25);
  CHECK_EQ(less.excess, std::vector<double>{0, -0.25});
  CHECK_EQ(less.observed, "37.5 % against 50.0 %");
  CHECK_EQ(above({1, 4}, 2, number).excess, std::vector<double>{-1, 2});
  CHECK_EQ(below({1, 4}, 2, number).excess, std::vector<double>{1, -2});
  CHECK_EQ(below({1, 4}, 2, number).observed, "2.5");
  CHECK_EQ(error_text<ValueError>([] {
             higher({1, 2}, {1}, number);
           }),
           "[study] expected a pair for every seed, got 2 and 1 numbers");
}

TEST_CASE("verdict: one criterion") {
  const auto text = [](const std::vector<double>& excess) {
    const auto [finding, observed] = judge(Evidence{excess, "x"});
    return to_string(finding) + ": " + observed;
  };
  CHECK_EQ(text({1, 2, 1, 1, 3, 1}), "reproduced: x, in 6 of 6 seeds");
  CHECK_EQ(text({-1, -2, -1, -1, -3, -1}), "not reproduced: x, in 0 of 6 seeds");
  CHECK_EQ(text({2, 3, 2, -1, 2, -2}), "not told apart: x, in 4 of 6 seeds; about 32 seeds would tell");
  CHECK_EQ(text({2, 3, 2, 2, 3, -0.1}), "not told apart: x, in 5 of 6 seeds; about 7 seeds would tell");
  CHECK_EQ(text({1, -1, 1, -1, 1, -1.001}), "not told apart: x, in 3 of 6 seeds; more than 1,000 seeds would tell");
  CHECK_EQ(text({0, 0, 0, 0, 0, 0}), "not told apart: x, in 0 of 6 seeds; no number of seeds would tell");
  CHECK_EQ(text({1}), "not told apart: x, in 1 of 1 seeds; at least 6 seeds can tell");
}

TEST_CASE("verdict: from the criteria of an experiment") {
  Experiment e = larger();
  const Results results = runs(e, 6);
  CHECK_EQ(judge(e, results).finding, Finding::reproduced);
  CHECK_EQ(judge(e, results).outcomes[0].observed, "2 against 1, in 6 of 6 seeds");
  CHECK_EQ(judge(e, runs(e, 5)).finding, Finding::not_told_apart);
  e.criteria.push_back(always("unclear", {1, 1, 1, 1, 1, -1}));
  CHECK_EQ(judge(e, results).finding, Finding::not_told_apart);
  CHECK_EQ(summary(e, judge(e, results)),
           "larger                    not told apart   1 of 2 criteria\n"
           "  not told apart: unclear (observed: numbers, in 5 of 6 seeds; about 12 seeds would tell)");
  e.criteria.push_back(always("false", {-1, -1, -1, -1, -1, -1}));
  CHECK_EQ(judge(e, results).finding, Finding::not_reproduced);
  CHECK_EQ(judge(e, results).count(), "1 of 3 criteria");
}

TEST_CASE("report: self-contained page, tables, figures and verdicts") {
  const TemporaryFolder folder;
  const Experiment e = larger();
  write_report({{e, runs(e, 6)}}, small_setting(), " --quick --out 'x & y'", folder / "");
  CHECK_EQ(file_text(folder / "verdicts.csv"),
           "number,experiment,verdict,held,of,claim\n1,larger,reproduced,1,1,b > a\n");
  CHECK_EQ(file_text(folder / "criteria.csv"),
           "experiment,verdict,observed,criterion\nlarger,reproduced,\"2 against 1, in 6 of 6 seeds\",b is larger\n");
  CHECK_EQ(file_text(folder / "tables/larger.csv"), "arm,value\n\"a, \"\"first\"\"\",1\nb,2\n");
  CHECK(file_text(folder / "figures/larger.svg").find("it's") != std::string::npos);
  CHECK(file_text(folder / "figures/larger-narrow.svg").starts_with("<?xml"));
  const std::string page = file_text(folder / "index.html");
  for (const char* expected : {"<h2>1. b &gt; a</h2>", "<strong class=\"verdict reproduced\">reproduced</strong>",
                               "alt=\"a &amp; b\"", "<img src=\"data:image/svg+xml,%3C?xml",
                               "reproduced</strong> b is larger. <span>Observed: 2 against 1, in 6 of 6 seeds.</span>",
                               "over 2 seeds, 42 to 43", "build/bin/study run larger --quick --out 'x &amp; y'",
                               "<th scope=\"row\">a, &quot;first&quot;</th><td>1</td>"}) {
    CHECK_MESSAGE(page.find(expected) != std::string::npos, expected);
  }
}

TEST_CASE("report: colours for dark pages, and the platform at the end of the introduction") {
  const TemporaryFolder folder;
  const Experiment e = larger();
  write_report({{e, runs(e, 6)}}, small_setting(), " --quick", folder / "");
  const std::string page = file_text(folder / "index.html");
  CHECK(page.find("color-scheme: light dark;") != std::string::npos);
  CHECK(page.find("@media screen and (prefers-color-scheme: dark)") != std::string::npos);
  const std::size_t details = page.find("<details><summary>Version and platform</summary>");
  REQUIRE(details != std::string::npos);
  CHECK_EQ(page.substr(page.find("<h1>"), details - page.find("<h1>")).find("BLAS"), std::string::npos);
  CHECK(page.find("BLAS", details) != std::string::npos);
  CHECK(page.find("Scale: quick; published numbers come from other, mostly larger runs") != std::string::npos);
}

TEST_CASE("run log: reads finished runs and ignores an incomplete line") {
  const TemporaryFolder folder;
  const Setting setting = small_setting();
  const Experiment e = larger();
  {
    RunLog log(folder / "", e, setting);
    CHECK(log.records().empty());
    log.add(run(e.arms[0], 42));
    log.add(run(e.arms[0], 43));
    CHECK_FALSE(log.complete(e, setting).has_value());
  }
  std::ofstream(folder / "larger.jsonl", std::ios::app) << R"({"experiment":"larger","scale":"qu)";
  RunLog log(folder / "", e, setting);
  CHECK_EQ(log.records().size(), 2);
  CHECK(log.contains({{"arm", "a"}}, 43));
  CHECK_FALSE(log.contains({{"arm", "b"}}, 42));
  log.add(run(e.arms[1], 42));
  log.add(run(e.arms[1], 43));
  REQUIRE(log.complete(e, setting).has_value());
  CHECK_EQ(log.complete(e, setting)->records().size(), 4);
  CHECK_EQ(RunLog(folder / "", e, setting).records().size(), 4);

  const std::string text = file_text(folder / "larger.jsonl");
  CHECK_EQ(std::ranges::count(text, '\n'), 4);
  CHECK(text.starts_with(
      R"json({"experiment":"larger","scale":"quick","digits":"6,000 + 1,000 digits of MNIST (built-in sample)")json"));
  CHECK(text.find(fmt::format(R"("version":"gradus {}")", gradus::version())) != std::string::npos);
}

TEST_CASE("run log: ignores runs of another set-up") {
  const TemporaryFolder folder;
  const Setting setting = small_setting();
  Experiment e = larger();
  RunLog(folder / "", e, setting).add(run(e.arms[0], 42));
  e.setup = "two other numbers";
  CHECK(RunLog(folder / "", e, setting).records().empty());
  Setting standard = setting;
  standard.scale = Scale::standard;
  CHECK(RunLog(folder / "", larger(), standard).records().empty());
  CHECK_EQ(RunLog(folder / "", larger(), setting).records().size(), 1);
}

TEST_CASE("run log: rejects other files") {
  const TemporaryFolder folder;
  std::ofstream(folder / "larger.jsonl") << "# notes\n";
  const std::string path = (folder / "larger.jsonl").string();
  CHECK_EQ(error_text<FileError>([&] { RunLog(folder / "", larger(), small_setting()); }),
           path + ": expected a run in line 1, got something else; remove the file");
}

TEST_CASE("table: CSV and HTML") {
  const Table table{{"a", "b, c"}, {{"x", "say \"<3\" & go"}}};
  CHECK_EQ(to_csv(table), "a,\"b, c\"\nx,\"say \"\"<3\"\" & go\"\n");
  CHECK_EQ(to_html(table),
           "<table>\n<thead><tr><th scope=\"col\">a</th><th scope=\"col\">b, c</th></tr></thead>\n<tbody>\n"
           "<tr><th scope=\"row\">x</th><td>say &quot;&lt;3&quot; &amp; go</td></tr>\n</tbody>\n</table>\n");
}
