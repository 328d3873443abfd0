// The code that `mnist --fix` prints compiles, and makes the same network.
#include "mnist/code/models.h"
#include "models_of_code.h"

#include <doctest/doctest.h>

#include <iterator>

TEST_CASE("code that is printed makes the same network") {
  const std::vector<gradus::Sequential> models = models_with_options();
  REQUIRE(models.size() == std::size(models_of_code));
  for (std::size_t i = 0; i < models.size(); ++i) {
    CAPTURE(i);
    CHECK((models_of_code[i]().config() == models[i].config()));
  }
}
