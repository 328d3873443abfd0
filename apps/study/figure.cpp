#include "figure.h"

#include "colours.h"
#include "plot_script.h"

#include <gradus/core/check.h>
#include <gradus/files/atomic_file.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

extern char** environ;

namespace study {

namespace {

/// Runs gnuplot in a folder and returns its exit code. Discards its output, but not its error messages.
int gnuplot(const std::filesystem::path& folder, std::string argument) {
  std::string name = "gnuplot";
  char* arguments[] = {name.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  const int error = posix_spawnp(&process, name.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error != 0 || waitpid(process, &status, 0) != process || !WIFEXITED(status)) return 127;
  return WEXITSTATUS(status);
}

void draw(const Figure& figure, const Layout& layout, const std::filesystem::path& folder, const std::string& name) {
  const std::string unfinished = name + ".svg.tmp";
  gradus::write_atomically(folder / (name + ".gp"), plot_script(figure, layout, unfinished));
  const int code = gnuplot(folder, name + ".gp");
  gradus::check<gradus::StateError>(
      code == 0,
      "[figure] expected gnuplot to draw {}.gp, got exit code {}; run gnuplot on this file for its error message",
      (folder / name).string(), code);
  std::ostringstream content;
  content << std::ifstream(folder / unfinished, std::ios::binary).rdbuf();
  std::string svg = content.str();
  svg.insert(svg.find("<title>"), dark_style());
  gradus::write_atomically(folder / (name + ".svg"), svg);
  std::filesystem::remove(folder / unfinished);
}

}  // namespace

void draw(const Figure& figure, const std::filesystem::path& folder, const std::string& name) {
  const std::size_t count = figure.panels.size();
  const double width = count == 1 ? 640 : count == 2 ? 460 : 340;
  draw(figure, {count, width, 370}, folder, name);
  draw(figure, {1, 360, 270}, folder, name + "-narrow");
}

void check_gnuplot() {
  gradus::check<gradus::StateError>(
      gnuplot(".", "-V") == 0,
      "[study] expected gnuplot, which draws the figures, got none; sudo apt-get install gnuplot-nox");
}

}  // namespace study
