#include "case_run.h"

#include "course.h"
#include "sanitizer_report.h"

#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <limits>

namespace lab {

namespace {

double number_of(const Json& json) {
  if (json.is_number()) return json;
  const std::string text = json;
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  return text == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

Json json_of(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  return x;
}

Observation observation_of(const Json& event) {
  Observation o;
  o.name = event.at("name");
  o.depends_on = event.value("depends_on", std::vector<std::string>());
  o.is_text = event.contains("text");
  if (o.is_text) {
    o.text = event.at("text");
    return o;
  }
  o.shape = event.at("shape").get<std::vector<std::size_t>>();
  o.absolute = event.at("absolute");
  o.relative = event.at("relative");
  for (const Json& value : event.at("values")) o.values.push_back(number_of(value));
  return o;
}

Json event_of(const Observation& o) {
  Json event{{"event", "observation"}, {"name", o.name}, {"depends_on", o.depends_on}};
  if (o.is_text) {
    event["text"] = o.text;
    return event;
  }
  event["shape"] = o.shape;
  event["absolute"] = o.absolute;
  event["relative"] = o.relative;
  Json& values = event["values"] = Json::array();
  for (const double x : o.values) values.push_back(json_of(x));
  return event;
}

/// Takes one event into the run. The last one says how the case ended.
void take(CaseRun& run, const Json& event) {
  const std::string name = event.at("event");
  if (name == "start") {
    run.started = true;
    run.end = End::exit;
  } else if (name == "input") {
    run.input = event.at("text");
  } else if (name == "observation") {
    run.observations.push_back(observation_of(event));
  } else if (name == "requirement") {
    run.requirements.push_back({event.at("holds"), event.at("text")});
  } else if (name == "calls") {
    run.calls.emplace_back(event.at("function"), event.at("count"));
  } else if (name == "time") {
    run.seconds = event.at("seconds");
  } else if (name == "end") {
    run.end = End::complete;
  } else if (name == "not implemented") {
    run.end = End::not_implemented;
    run.detail = event.at("text");
  } else if (name == "exception") {
    run.end = End::exception;
    run.detail = run.kind = event.at("text");
  }
}

void take_lines(CaseRun& run, const std::string& report) {
  for (const std::string& line : lines_of(report)) {
    const Json event = Json::parse(line, nullptr, false);
    if (!event.is_discarded()) take(run, event);  // the last line may be cut off
  }
}

/// What the student's code printed, without what the sanitizers and assertions added.
std::string without_reports(const std::string& printed) {
  std::string text;
  for (const std::string& line : lines_of(printed)) {
    for (const char* mark : {": runtime error: ", "AddressSanitizer", ": Assertion '", "LeakSanitizer"}) {
      if (line.find(mark) != std::string::npos) return text;
    }
    text += line + '\n';
  }
  return text;
}

}  // namespace

double Observation::tolerance(double expected) const {
  return absolute + relative * (std::isfinite(expected) ? std::abs(expected) : 0);
}

const Observation* CaseRun::find(const std::string& name) const {
  for (const Observation& o : observations) {
    if (o.name == name) return &o;
  }
  return nullptr;
}

CaseRun read_run(const std::string& report, const std::string& sanitizer, const Outcome& outcome,
                 const std::string& file) {
  CaseRun run;
  take_lines(run, report);
  run.printed = outcome.output;
  run.took = outcome.seconds;
  const SanitizerReport found = read_sanitizer_report(sanitizer + outcome.output, file);
  if (outcome.too_much_output) {
    run.end = End::too_much_output;
    run.kind = "output";
    run.detail = fmt::format("prints more than {} bytes and was stopped", outcome.output.size());
  } else if (outcome.timed_out || outcome.signal == SIGXCPU) {
    run.end = End::time_out;
    run.kind = run.started ? "time-out" : "time-out before the start";
    run.detail = fmt::format("not finished after {:.0f} s: a loop without end?", outcome.seconds);
    if (!run.started)
      run.detail = fmt::format(
          "does not come to the first case within {:.0f} s: an endless loop in the constructor of a global variable?",
          outcome.seconds);
  } else if (!found.kind.empty() && (!found.leak || run.end == End::complete)) {
    run.end = found.leak ? End::leak : End::crash;
    run.kind = found.kind;
    run.detail = found.detail;
    run.place = found.place;
    run.printed = without_reports(run.printed);
    if (!run.started) run.detail += ", before the first case: in the constructor of a global variable?";
  } else if (outcome.signal != 0) {
    run.end = End::crash;
    run.kind = run.detail = strsignal(outcome.signal);
  } else if (run.end == End::exit) {
    run.kind = run.detail =
        fmt::format("the program ends in the case, with code {}: a call of exit?", outcome.exit_code);
  } else if (run.end == End::no_start) {
    run.kind = "no start";
    run.detail = "does not come to the first case: " + trimmed(outcome.output).substr(0, 300);
  }
  return run;
}

std::string saved(const CaseRun& run) {
  Json head{{"event", "saved"},   {"end", static_cast<int>(run.end)},
            {"kind", run.kind},   {"detail", run.detail},
            {"place", run.place}, {"input", run.input},
            {"took", run.took},   {"started", run.started}};
  const auto line = [](const Json& json) { return json.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n'; };
  std::string text = line(head);
  for (const Observation& o : run.observations) text += line(event_of(o));
  for (const Requirement& r : run.requirements)
    text += line({{"event", "requirement"}, {"holds", r.holds}, {"text", r.text}});
  for (const auto& [function, count] : run.calls)
    text += line({{"event", "calls"}, {"function", function}, {"count", count}});
  return text;
}

CaseRun restored(const std::string& text) {
  CaseRun run;
  take_lines(run, text);
  const Json head = Json::parse(lines_of(text).at(0));
  run.end = static_cast<End>(head.at("end").get<int>());
  run.kind = head.at("kind");
  run.detail = head.at("detail");
  run.place = head.at("place");
  run.input = head.at("input");
  run.took = head.value("took", 0.0);
  run.started = head.value("started", true);
  return run;
}

}  // namespace lab
