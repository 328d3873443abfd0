#include "run_log.h"

#include <gradus/core/about/about.h>
#include <gradus/core/check.h>
#include <gradus/files/atomic_file.h>

#include <algorithm>
#include <fstream>

using namespace gradus;

namespace study {

namespace {

std::string version() {
  const std::string text = about();  // "gradus 0.1.0, ..."
  return text.substr(0, text.find_first_of(",\n"));
}

/// Whether a line has these fields.
bool is_of(const nlohmann::ordered_json& line, const nlohmann::ordered_json& identity) {
  return std::ranges::all_of(identity.items(),
                             [&](const auto& field) { return line.value(field.key(), "") == field.value(); });
}

}  // namespace

RunLog::RunLog(const std::filesystem::path& folder, const Experiment& experiment, const Setting& setting)
    : path_(folder / (experiment.name + ".jsonl")), identity_{{"experiment", experiment.name},
                                                              {"scale", to_string(setting.scale)},
                                                              {"digits", setting.digits_source},
                                                              {"clothing", setting.clothing_source},
                                                              {"setup", experiment.setup},
                                                              {"version", version()}} {
  std::ifstream file(path_);
  std::string text;
  for (int number = 1; std::getline(file, text) && !file.eof(); ++number) {
    try {
      const auto json = nlohmann::ordered_json::parse(text);
      if (is_of(json, identity_)) records_.push_back(to_record(json));
    } catch (const nlohmann::json::exception&) {
      throw FileError(
          fmt::format("{}: expected a run in line {}, got something else; remove the file", path_.string(), number));
    }
  }
}

const Record* RunLog::find(const Labels& labels, std::uint64_t seed) const {
  const auto found = std::ranges::find_if(
      records_, [&](const Record& record) { return record.labels == labels && record.seed == seed; });
  return found == records_.end() ? nullptr : &*found;
}

bool RunLog::contains(const Labels& labels, std::uint64_t seed) const { return find(labels, seed) != nullptr; }

std::optional<Results> RunLog::complete(const Experiment& experiment, const Setting& setting) const {
  std::vector<Record> all;
  for (const Arm& arm : experiment.arms) {
    for (int i = 0; i < setting.seeds; ++i) {
      const Record* record = find(arm.labels, setting.first_seed + static_cast<std::uint64_t>(i));
      if (record == nullptr) return std::nullopt;
      all.push_back(*record);
    }
  }
  return Results(std::move(all));
}

std::string RunLog::line(const Record& record) const {
  nlohmann::ordered_json json = identity_;
  json.update(to_json(record));
  return json.dump();
}

void RunLog::add(const Record& record) {
  if (!file_) {  // removes runs of other settings and an incomplete line
    std::string text;
    for (const Record& earlier : records_) text += line(earlier) + '\n';
    write_atomically(path_, text);
    file_.emplace(path_, true);
  }
  file_->write(line(record));
  records_.push_back(record);
}

}  // namespace study
