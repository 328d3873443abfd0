// Classifies three spirals. Writes spirals_points.csv, the training points, and spirals_plane.csv, the predicted class
// over the plane, into the folder given as argument (default: the working folder). To plot them:
//   gnuplot -e "folder='.'; picture='spirals.svg'" apps/examples/spirals.gp
#include <gradus/gradus.h>

#include <gradus/files/atomic_file.h>

#include <algorithm>
#include <cmath>

using namespace gradus;

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : ".";
  std::filesystem::create_directories(folder);
  set_seed(1);
  const Dataset train = spirals({.samples = 600, .noise = 0.03, .seed = 1});
  const Dataset test = spirals({.samples = 600, .noise = 0.03, .seed = 2});
  Sequential model{
      Input{{2}},
      Dense{64, {.use_bias = false}},
      BatchNormalization{{.momentum = 0.9}},
      Activation{"relu"},
      Dense{64, {.use_bias = false}},
      BatchNormalization{{.momentum = 0.9}},
      Activation{"relu"},
      Dense{3},
  };
  Adam optimizer{{.learning_rate = 0.01}};
  fit(model, optimizer, train, {.epochs = 60, .batch_size = 50, .show_progress = false});
  const double accuracy = evaluate(model, test).accuracy;
  fmt::print("{} of {} test points are correct\n", std::lround(accuracy * double(test.size())), test.size());

  std::string points = "x,y,class\n";
  for (const auto& [inputs, labels] : DataLoader(train, {.batch_size = 1})) {
    points += fmt::format("{},{},{}\n", inputs.at({0, 0}), inputs.at({0, 1}), labels.item());
  }
  constexpr Index side = 121;
  Tensor plane = Tensor::empty({side * side, 2});
  for (Index i = 0; i < side * side; ++i) {
    plane.data()[2 * i] = Real(i % side) / 50 - Real(1.2);
    plane.data()[2 * i + 1] = Real(i / side) / 50 - Real(1.2);
  }
  const Tensor logits = model.predict(plane);
  std::string classes = "x,y,class\n";
  for (Index i = 0; i < side * side; ++i) {
    const Real* row = logits.data() + 3 * i;
    classes += fmt::format("{},{},{}\n", plane.at({i, 0}), plane.at({i, 1}), std::max_element(row, row + 3) - row);
  }
  write_atomically(folder / "spirals_points.csv", points);
  write_atomically(folder / "spirals_plane.csv", classes);
  return accuracy > 0.95 ? 0 : 1;
}
