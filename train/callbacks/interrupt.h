#pragma once

#include <gradus/core/real.h>

#include <array>
#include <csignal>

namespace gradus::inline GRADUS_PRECISION {

/// While alive, the first Ctrl-C (SIGINT), the first SIGTERM and the first SIGHUP are only taken note of; a second one
/// ends the program as usual. A program that handles or ignores one of these itself keeps its way: it is not taken note
/// of. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const { return signal() != 0; }
  /// The signal that arrived last, 0 for none.
  static int signal();

 private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};

  struct Previous {
    struct sigaction action;
    bool replaced;
  };
  std::array<Previous, signals.size()> previous_;
};

}  // namespace gradus::inline GRADUS_PRECISION
