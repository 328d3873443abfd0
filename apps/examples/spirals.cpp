// Classifies three spirals.
//
//     spirals [FOLDER]    also writes FOLDER/spirals_points.csv, the training points, and FOLDER/spirals_plane.csv, the
//                         predicted class over the plane
//
// To plot them: gnuplot -e "folder='FOLDER'; picture='spirals.svg'" apps/examples/spirals.gp
#include <gradus/gradus.h>

#include <gradus/files/atomic_file.h>

#include <algorithm>
#include <cmath>

using namespace gradus;

namespace {

/// Writes the points, and the classes that the model predicts on a grid.
void write_picture(const std::filesystem::path& folder, const Sequential& model, const Dataset& train) {
  std::string points = "x,y,class\n";
  for (Index i = 0; i < train.size(); ++i) {
    const auto [inputs, label] = train[i];
    points += fmt::format("{},{},{}\n", inputs.at({0, 0}), inputs.at({0, 1}), label.item());
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
  std::filesystem::create_directories(folder);
  write_atomically(folder / "spirals_points.csv", points);
  write_atomically(folder / "spirals_plane.csv", classes);
  fmt::print("wrote {0}/spirals_points.csv and {0}/spirals_plane.csv\n", folder.string());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) {
    fmt::print(stderr, "usage: spirals [FOLDER]\n");
    return 2;
  }
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
  try {
    if (argc == 2) write_picture(argv[1], model, train);
  } catch (const std::exception& error) {
    fmt::print(stderr, "spirals: {}\n", error.what());
    return 1;
  }
  return accuracy > 0.95 ? 0 : 1;
}
