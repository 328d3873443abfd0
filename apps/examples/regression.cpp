// Regression on a CSV table: `regression apps/examples/friedman.csv y` predicts column y from the others. In this
// table, made by friedman.py, y has noise of variance 1, the lower limit of the squared error; a linear model reaches
// about 6.
#include <gradus/gradus.h>

using namespace gradus;

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: regression TABLE.csv COLUMN\n");
    return 2;
  }
  try {
    set_seed(1);
    const auto [table, features, classes] = load_csv(argv[1], {.target = argv[2]});
    auto [train, test] = table.shuffled(1).split(0.2);
    const Standardization standardize(train);  // by the training samples only
    train = standardize(train);
    test = standardize(test);

    const auto train_and_print = [&](const char* title, Sequential model) {
      Adam optimizer{{.learning_rate = 0.01}};
      EarlyStopping early_stopping{{.patience = 20}};
      fit(model, optimizer, train,
          {.epochs = 200, .validation_split = 0.2, .show_progress = false, .callbacks = {&early_stopping}});
      const Metrics metrics = evaluate(model, test);
      fmt::print("{:10} squared error {:.2f}, absolute error {:.2f}, best after {} epochs\n", title, metrics.loss,
                 metrics.mean_absolute_error, early_stopping.best_epoch());
      return metrics.loss;
    };
    const Index inputs = static_cast<Index>(features.size());
    const double linear = train_and_print("linear", Sequential{Input{{inputs}}, Dense{1}});
    const double network = train_and_print("network", Sequential{Input{{inputs}}, Dense{32, {.activation = "relu"}},
                                                                 Dense{32, {.activation = "relu"}}, Dense{1}});
    return network < linear ? 0 : 1;
  } catch (const Error& error) {
    fmt::print(stderr, "regression: {}\n", error.what());
    return 1;
  }
}
