#include "support/captured_output.h"

#include <unistd.h>

#include <cstdio>
#include <exception>

std::string captured_output(const std::function<void()>& call) {
  std::fflush(stdout);
  std::FILE* file = std::tmpfile();
  const int earlier = ::dup(STDOUT_FILENO);
  ::dup2(::fileno(file), STDOUT_FILENO);
  std::exception_ptr failure;
  try {
    call();
  } catch (...) {
    failure = std::current_exception();
  }
  std::fflush(stdout);
  ::dup2(earlier, STDOUT_FILENO);
  ::close(earlier);
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  if (failure) std::rethrow_exception(failure);
  return text;
}
