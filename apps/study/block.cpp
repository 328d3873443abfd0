#include "block.h"

#include <iterator>
#include <sstream>

namespace study {

std::vector<std::string> names_of_block(const std::string& block) {
  std::istringstream stream(block);
  return {std::istream_iterator<std::string>(stream), {}};
}

}  // namespace study
