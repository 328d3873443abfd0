// The progress of fit on terminals.
#include "support/two_clouds.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace gradus;

namespace {

/// What fit shows in two epochs on a terminal of this type and width.
std::string shown(const char* type, int columns) {
  const char* before = std::getenv("TERM");
  const std::string restored = before != nullptr ? before : "";
  int reader = -1, terminal = -1;
  const winsize size{24, static_cast<unsigned short>(columns), 0, 0};
  REQUIRE(openpty(&reader, &terminal, nullptr, nullptr, &size) == 0);
  std::fflush(stdout);
  const int output = dup(STDOUT_FILENO);
  dup2(terminal, STDOUT_FILENO);
  setenv("TERM", type, 1);
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  fit(model, optimizer, two_clouds(16), {.epochs = 2, .batch_size = 4});
  std::fflush(stdout);
  dup2(output, STDOUT_FILENO);
  before != nullptr ? setenv("TERM", restored.c_str(), 1) : unsetenv("TERM");
  close(output);
  close(terminal);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 1; n > 0;) {
    n = read(reader, buffer, sizeof buffer);  // an error once all is read, as the terminal is closed
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
  }
  close(reader);
  return text;
}

}  // namespace

TEST_CASE("on a terminal the running epoch is written over, in less than its width") {
  for (const int columns : {40, 80, 132}) {
    CAPTURE(columns);
    const std::string text = shown("xterm", columns), code = "\r\033[K";
    std::size_t updates = 0;
    for (std::size_t at = text.find(code); at != std::string::npos;) {
      const std::size_t next = text.find(code, at + 1);
      const std::string line = text.substr(at + code.size(), next - at - code.size());
      if (line.find('\n') == std::string::npos) {
        ++updates;
        CHECK(line.starts_with("epoch "));
        CHECK(line.size() < static_cast<std::size_t>(columns));
        CHECK(line.ends_with(" left") == (columns > 40));
      }
      at = next;
    }
    CHECK(updates >= 1);
  }
}

TEST_CASE("without escape sequences there is a line an epoch") {
  const std::string text = shown("dumb", 80);
  CHECK(text.find('\033') == std::string::npos);
  CHECK(std::ranges::count(text, '\n') == 2);
  CHECK(text.starts_with("epoch  1/2  "));
}
