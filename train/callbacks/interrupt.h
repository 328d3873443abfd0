#pragma once

#include <gradus/core/real.h>

#include <csignal>

namespace gradus::inline GRADUS_PRECISION {

/// While alive, the first Ctrl-C (SIGINT) is only taken note of; a second one ends the program as usual. A program that
/// handles or ignores the signal itself keeps its way: nothing is taken note of. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const;

 private:
  struct sigaction previous_;
  bool installed_ = false;
};

}  // namespace gradus::inline GRADUS_PRECISION
