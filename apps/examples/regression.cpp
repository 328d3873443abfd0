// Regression on a CSV table.
//
//     regression [TABLE.csv COLUMN]    predicts COLUMN from the others; default: y of apps/examples/friedman.csv
//
// In that table, made by friedman.py, y has noise of variance 1, the lower limit of the squared error; a linear model
// reaches about 6.
#include <gradus/gradus.h>

using namespace gradus;

namespace {

/// Trains until the validation loss stops falling. Returns the squared error of the test samples.
double test_error(const char* title, Sequential model, const Dataset& train, const Dataset& test) {
  Adam optimizer{{.learning_rate = 0.01}};
  EarlyStopping early_stopping{{.patience = 20}};
  fit(model, optimizer, train,
      {.epochs = 200, .validation_split = 0.2, .show_progress = false, .callbacks = {&early_stopping}});
  const Metrics metrics = evaluate(model, test);
  fmt::print("{:10} squared error {:.2f}, absolute error {:.2f}, best after {} epochs\n", title, metrics.loss,
             metrics.mean_absolute_error, early_stopping.best_epoch());
  return metrics.loss;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 1 && argc != 3) {
    fmt::print(stderr, "usage: regression [TABLE.csv COLUMN]\n");
    return 2;
  }
  try {
    set_seed(1);
    const char* path = argc > 1 ? argv[1] : GRADUS_EXAMPLES "/friedman.csv";
    const Table table = load_csv(path, {.target = argc > 1 ? argv[2] : "y"});
    auto [train, test] = table.data.shuffled(1).split(0.2);
    const Standardization standardize(train);  // by the training samples only
    train = standardize(train);
    test = standardize(test);

    const Shape inputs = train.sample_shape();
    const double linear = test_error("linear", Sequential{Input{inputs}, Dense{1}}, train, test);
    const double network = test_error(
        "network",
        Sequential{Input{inputs}, Dense{32, {.activation = "relu"}}, Dense{32, {.activation = "relu"}}, Dense{1}},
        train, test);
    return network < linear ? 0 : 1;
  } catch (const Error& error) {
    fmt::print(stderr, "regression: {}\n", error.what());
    return 1;
  }
}
