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

TEST_CASE("the work of callbacks does not count as an operation's") {
  /// What the observer of a step is told, in order.
  struct Log : TapeObserver {
    explicit Log(std::string& t) : text(t) {}
    void on_operation(const char* operation, Pass pass) override {
      text += fmt::format("{}{}\n", operation, pass == Pass::backward ? " backward" : "");
    }
    void on_pause() override { text += "pause\n"; }
    std::string& text;
  };
  std::string text;
  const Log log(text);
  const auto called = [&](const char* hook) { return [&text, hook](auto&) { text += fmt::format("  {}\n", hook); }; };
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  fit(model, optimizer, two_clouds(8),
      {.batch_size = 8,
       .show_progress = false,
       .callbacks = {on_train_begin(called("train begin")), on_batch_begin(called("batch begin")),
                     on_loss(called("loss")), on_gradients(called("gradients")), on_step_end(called("step end")),
                     on_epoch_end(called("epoch end"))}});
  CHECK_EQ(text,
           "  train begin\npause\n"
           "loader\n  batch begin\npause\n"
           "linear\nsoftmax_cross_entropy\nmetrics\n  loss\npause\n"
           "softmax_cross_entropy backward\nlinear backward\n  gradients\npause\n"
           "optimizer\n  step end\npause\n"
           "  epoch end\npause\n");
}
