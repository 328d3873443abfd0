#pragma once

#include "figure.h"

#include <string>

namespace study {

/// One of the networks that an experiment compares: what it is called in figure, table and log, and its hidden layers.
struct Kind {
  std::string name;
  std::string block;  ///< as NetworkOptions has it
  Ink ink;
};

}  // namespace study
