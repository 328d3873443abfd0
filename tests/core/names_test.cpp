#include <gradus/core/names.h>

#include "support/compare.h"

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("unknown_name suggests the nearest name") {
  const std::vector<std::string> known{"relu", "leaky_relu", "tanh", "sigmoid"};
  const auto text = [&](std::string_view name) { return unknown_name("activation", name, known); };
  const std::string list = " (known: relu, leaky_relu, tanh, sigmoid)";
  CHECK_EQ(text("rellu"), "unknown activation 'rellu', did you mean 'relu'?" + list);
  CHECK_EQ(text("Tanh"), "unknown activation 'Tanh', did you mean 'tanh'?" + list);
  CHECK_EQ(text("leakyrelu"), "unknown activation 'leakyrelu', did you mean 'leaky_relu'?" + list);
  CHECK_EQ(text("sigmiod"), "unknown activation 'sigmiod', did you mean 'sigmoid'?" + list);
  CHECK_EQ(text("something_else"), "unknown activation 'something_else'" + list);
  CHECK_EQ(text(""), "unknown activation ''" + list);
  CHECK_EQ(unknown_name("layer", "x", {}), "unknown layer 'x' (known: )");
}

TEST_CASE("unknown_name suggests what shares letters, in any spelling, and the names of other frameworks") {
  const auto suggestion = [](std::string_view name, const std::vector<std::string>& known) {
    const std::string text = unknown_name("name", name, known);
    const std::size_t begin = text.find("did you mean '");
    return begin == std::string::npos ? "" : text.substr(begin + 14, text.find("'?") - begin - 14);
  };
  const std::vector<std::string> losses{"softmax_cross_entropy", "binary_cross_entropy", "mean_squared_error", "huber"};
  CHECK_EQ(suggestion("mse", losses), "mean_squared_error");
  CHECK_EQ(suggestion("MSE", losses), "mean_squared_error");
  CHECK_EQ(suggestion("sigmoid_cross_entropy", losses), "binary_cross_entropy");
  CHECK_EQ(suggestion("CrossEntropy", losses), "softmax_cross_entropy");
  CHECK_EQ(suggestion("BinaryCrossEntropy", losses), "binary_cross_entropy");
  CHECK_EQ(suggestion("mse", {"relu", "elu"}), "");  // not ours
  CHECK_EQ(suggestion("val_loss", {"loss", "validation_loss"}), "validation_loss");
  CHECK_EQ(suggestion("nrom", {"norm", "rate"}), "norm");
  for (const char* far : {"xyz", "foo", "x", "abcd"}) CHECK_EQ(suggestion(far, {"elu", "relu", "y", "mae"}), "");
}

TEST_CASE("unknown_name truncates very long names") {
  const std::string text = unknown_name("layer", std::string(1 << 20, 'x'), {});
  CHECK(text.size() < 200);
}

TEST_CASE("unknown_name lists at most twenty names, and suggests any") {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back("dense_" + std::to_string(i));
  const std::string text = unknown_name("layer", "dense_9999", names);
  CHECK(text.starts_with("unknown layer 'dense_9999', did you mean 'dense_999'? (known: dense_0, dense_1, "));
  CHECK(text.ends_with("dense_18, dense_19, ... and 980 more)"));
}
