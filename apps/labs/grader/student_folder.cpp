#include "student_folder.h"

#include <cstdlib>

namespace lab {

namespace {

fs::path home() {
  const char* folder = std::getenv("HOME");
  return folder == nullptr ? "." : folder;
}

fs::path memory() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  return (config != nullptr && *config != '\0' ? fs::path(config) : home() / ".config") / "gradus" / "labs";
}

}  // namespace

StudentFolder::StudentFolder(fs::path path) : path_(std::move(path)) {}

fs::path StudentFolder::file(const Lab& lab) const {
  const fs::path flat = path_ / (lab.file + ".cpp");
  return fs::exists(flat) ? flat : folder(lab) / (lab.file + ".cpp");
}

Json StudentFolder::state() const {
  const fs::path file = path_ / ".lab" / "state.json";
  if (!fs::exists(file)) return Json::object();
  const Json state = Json::parse(read_file(file), nullptr, false);
  return state.is_object() ? state : Json::object();
}

void StudentFolder::keep(const Json& state) const { write_file(path_ / ".lab" / "state.json", state.dump(1) + '\n'); }

std::vector<const Lab*> StudentFolder::start(const Course& course) const {
  std::vector<const Lab*> copied;
  for (const Lab& lab : course.labs()) {
    if (fs::exists(file(lab)) || !fs::exists(lab.folder / "starter.cpp")) continue;
    write_file(file(lab), read_file(lab.folder / "starter.cpp"));
    copied.push_back(&lab);
  }
  return copied;
}

fs::path StudentFolder::remembered() {
  if (const char* folder = std::getenv("GRADUS_LABS"); folder != nullptr && *folder != '\0') return folder;
  if (fs::exists(memory())) return trimmed(read_file(memory()));
  return home() / "gradus-labs";
}

void StudentFolder::remember(const fs::path& path) { write_file(memory(), fs::absolute(path).string() + '\n'); }

}  // namespace lab
