#include "support/captured_output.h"
#include "support/two_clouds.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <sstream>

using namespace gradus;

TEST_CASE("ProfileTraining prints where the time goes") {
  const Dataset data = two_clouds(64);
  Sequential model{Input{{2}}, Dense{8, {.activation = "relu"}}, BatchNormalization{}, Dense{2}};
  SGD optimizer;
  ProfileTraining profile;
  std::istringstream printed(captured_output([&] {
    fit(model, optimizer, data,
        {.epochs = 2, .batch_size = 8, .validation = &data, .show_progress = false, .callbacks = {&profile}});
  }));
  std::string rows;
  for (std::string line; std::getline(printed, line);) rows += line.substr(0, line.find(' ')) + "\n";
  CHECK_EQ(rows, "operation,\nloader\nlinear\nbatch_normalization\nsoftmax_cross_entropy\nmetrics\noptimizer\ntotal\n");
  CHECK(Profile::current() == nullptr);
}
