#pragma once

#include "figure.h"

#include <string>

namespace study {

/// One of the networks that an experiment compares.
struct Kind {
  std::string name;   ///< in figures, tables and logs
  std::string block;  ///< as in NetworkOptions
  Ink ink;
};

}  // namespace study
