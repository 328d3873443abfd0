#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

/// Scores that are highest for these classes.
Tensor scores(std::initializer_list<Index> predicted, Index classes) {
  Tensor result = Tensor::zeros({static_cast<Index>(predicted.size()), classes});
  Index row = 0;
  for (const Index c : predicted) result.data()[row++ * classes + c] = 1;
  return result;
}

/// 0 is taken for 0, 0 and 1, 1 for 1, and there is no 2, but one 1 is taken for it.
ConfusionMatrix three_classes() {
  ConfusionMatrix matrix(3);
  matrix.add(scores({0, 1, 0}, 3), Tensor::from({0, 0, 0}));
  matrix.add(scores({1, 2}, 3), Tensor::from({1, 1}));
  return matrix;
}

}  // namespace

TEST_CASE("the first of equal scores counts, one logit is a class of two") {
  const Tensor tied = Tensor::from({{1, 3, 3}, {2, 2, 2}, {0, 0, 1}});
  CHECK(count_correct(tied, Tensor::from({1, 0, 2})) == 3);
  CHECK(count_correct(tied, Tensor::from({2, 1, 2})) == 1);
  const Tensor logits = Tensor::from({{-1}, {0}, {Real(0.1)}});
  CHECK(count_correct(logits, Tensor::from({0, 0, 1})) == 3);
  CHECK(count_correct(logits, Tensor::from({1, 1, 0})) == 0);
  CHECK(same_bits(predicted_classes(tied), Tensor::from({1, 0, 2})));
  CHECK(same_bits(predicted_classes(logits), Tensor::from({0, 0, 1})));
}

TEST_CASE("top_k_accuracy") {
  const Tensor logits = Tensor::from({{4, 1, 3, 2}, {1, 2, 2, 2}}), labels = Tensor::from({3, 2});
  CHECK(top_k_accuracy(logits, labels, 1) == 0);
  CHECK(top_k_accuracy(logits, labels, 2) == 0.5);  // the second of three equal ones
  CHECK(top_k_accuracy(logits, labels, 3) == 1);
  CHECK(top_k_accuracy(logits, Tensor::from({3, 3}), 2) == 0);
  CHECK(top_k_accuracy(logits, Tensor::from({1, 0}), 4) == 1);
  Generator random(2);
  const Tensor many = Tensor::normal({100, 7}, 0, 1, random);
  Tensor drawn = Tensor::empty({100});
  for (Real& label : drawn.values()) label = static_cast<Real>(random.below(7));
  CHECK(top_k_accuracy(many, drawn, 1) == static_cast<double>(count_correct(many, drawn)) / 100);
  const Tensor unknown = Tensor::full({1, 3}, std::numeric_limits<Real>::quiet_NaN());
  CHECK(top_k_accuracy(unknown, Tensor::zeros({1}), 2) == 0);  // not a number does not count

  const auto text = [&](Index k, const Tensor& truth) {
    return error_text<Error>([&] { top_k_accuracy(logits, truth, k); });
  };
  CHECK(text(0, labels) == "[top_k_accuracy] expected k from 1 to the 4 classes, got 0");
  CHECK(text(5, labels) == "[top_k_accuracy] expected k from 1 to the 4 classes, got 5");
  CHECK(text(1, Tensor::from({0, 4})) == "[top_k_accuracy] expected labels 0 to 3, got 4 in row 1");
  CHECK(text(1, Tensor::zeros({3})) == "[top_k_accuracy] expected logits (N, K) and labels (N), got (2, 4) and (3,)");
}

TEST_CASE("a metric records nothing") {
  GradientTape tape;
  const Batch batch{Tensor::zeros({2, 1}), Tensor::from({{0, 0}, {0, 1}})};
  CHECK(Metric("mean_absolute_error")(Tensor::from({{1, -2}, {0, 4}}), batch, 0.5) == 1.5);
  CHECK(tape.size() == 0);
}

TEST_CASE("a confusion matrix counts, and tells recall, precision and accuracy") {
  const ConfusionMatrix matrix = three_classes();
  const Index expected[3][3] = {{2, 1, 0}, {0, 1, 1}, {0, 0, 0}};
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 3; ++j) CHECK(matrix.count(i, j) == expected[i][j]);
  }
  CHECK(matrix.recall(0) == 2.0 / 3);
  CHECK(matrix.recall(1) == 0.5);
  CHECK(std::isnan(matrix.recall(2)));
  CHECK(matrix.precision(0) == 1);
  CHECK(matrix.precision(1) == 0.5);
  CHECK(matrix.precision(2) == 0);
  CHECK(matrix.accuracy() == 0.6);
  CHECK(std::isnan(ConfusionMatrix(2).accuracy()));
  ConfusionMatrix binary(2);
  binary.add(Tensor::from({{-1}, {2}, {3}}), Tensor::from({0, 0, 1}));
  CHECK((binary.count(0, 0) == 1 && binary.count(0, 1) == 1 && binary.count(1, 1) == 1));
}

TEST_CASE("a confusion matrix as a table and as a file") {
  CHECK(to_string(three_classes()) ==
        "true   0 1 2   recall  precision\n"
        "0      2 1 0  66.67 %   100.00 %\n"
        "1      0 1 1  50.00 %    50.00 %\n"
        "2      0 0 0        -     0.00 %\n"
        "accuracy 60.00 %\n");
  // The ten digits of MNIST fit into 80 columns, thirty classes do not: then without the counts.
  const std::pair<Index, const char*> sizes[] = {{10, "true      0    1    2"}, {30, "true     recall"}};
  for (const auto& [classes, start] : sizes) {
    ConfusionMatrix matrix(classes);
    for (int i = 0; i < 12; ++i) matrix.add(Tensor::zeros({100, classes}), Tensor::zeros({100}));
    const std::string text = to_string(matrix);
    CHECK(text.starts_with(start));
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
      CHECK(text.find('\n', begin) - begin <= 80);
    }
  }
  const TemporaryFolder folder;
  three_classes().write_csv(folder / "confusion.csv");
  CHECK(file_text(folder / "confusion.csv") ==
        "true,predicted,count\n0,0,2\n0,1,1\n0,2,0\n1,0,0\n1,1,1\n1,2,1\n2,0,0\n2,1,0\n2,2,0\n");
}

TEST_CASE("errors of a confusion matrix") {
  ConfusionMatrix matrix(3);
  const auto text = [&](const Tensor& logits, const Tensor& labels) {
    return error_text<Error>([&] { matrix.add(logits, labels); });
  };
  CHECK(text(Tensor::zeros({2, 4}), Tensor::zeros({2})) ==
        "[confusion_matrix] expected logits (N, 3) and labels (N), got (2, 4) and (2,)");
  CHECK(text(Tensor::zeros({2, 1}), Tensor::zeros({2})) ==
        "[confusion_matrix] expected logits (N, 3) and labels (N), got (2, 1) and (2,)");
  CHECK(text(Tensor::zeros({2, 3}), Tensor::from({0, 3})) ==
        "[confusion_matrix] expected labels 0 to 2, got 3 in row 1");
  CHECK(text(Tensor::zeros({3}), Tensor::zeros({3})) == "[predicted_classes] expected logits (N, K), got (3,)");
  CHECK(error_text<ValueError>([&] { matrix.count(0, 3); }) ==
        "[confusion_matrix] expected classes from 0 to 2, got 0 and 3");
  CHECK(error_text<ValueError>([] { ConfusionMatrix(1); }) == "[confusion_matrix] expected at least 2 classes, got 1");
  Sequential model{Input{{3}}, Dense{2}};
  CHECK(error_text<ValueError>([&] {
          confusion_matrix(model, Dataset(Tensor::zeros({4, 3}), Tensor::zeros({4, 2})));
        }) == "[confusion_matrix] expected at least 2 classes, got 0");
}
