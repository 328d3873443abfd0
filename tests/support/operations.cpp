#include "support/operations.h"

#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/indexing/indexing.h>
#include <gradus/autograd/transpose/transpose.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/engine.h>
#include <gradus/layers/convolution/conv2d.h>
#include <gradus/layers/convolution/pooling.h>
#include <gradus/layers/convolution/up_sampling.h>
#include <gradus/layers/normalization/batch_renormalization.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/normalization/instance_normalization.h>
#include <gradus/layers/normalization/rms_normalization.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Arguments = const std::vector<Variable>&;
using Examples = std::vector<Example>;

Real real(const CaseOptions& options, const std::string& key) { return static_cast<Real>(options.number(key)); }

Shape shape_of(const std::vector<Index>& sizes) {
  Shape shape;
  for (const Index size : sizes) shape = shape.append(size);
  return shape;
}

// --- families of examples -----------------------------------------------------------------------------------------

Examples broadcasts(Draw a, Draw b) {
  return {{{{{4, 3}, a}, {{4, 3}, b}}, {}}, {{{{4, 3}, a}, {{3}, b}}, {}},       {{{{4, 3}, a}, {{4, 1}, b}}, {}},
          {{{{4, 1}, a}, {{1, 3}, b}}, {}}, {{{{2, 3, 4}, a}, {{3, 1}, b}}, {}}, {{{{4, 3}, a}, {{}, b}}, {}},
          {{{{}, a}, {{4, 3}, b}}, {}},     {{{{3}, a}, {{4, 3}, b}}, {}}};
}

Examples large_pairs(Draw b = Draw::normal) {
  return {{{{{513, 1025}}, {{513, 1025}, b}}, {}},
          {{{{513, 1025}}, {{1025}, b}}, {}},
          {{{{513, 1025}}, {{513, 1}, b}}, {}}};
}

Operation binary(std::string name, Variable (*f)(const Variable&, const Variable&), Draw b = Draw::normal) {
  return {std::move(name), [f](Arguments x, const CaseOptions&) { return f(x[0], x[1]); }, broadcasts(Draw::normal, b),
          large_pairs(b)};
}

Operation unary(std::string name, Variable (*f)(const Variable&), Draw draw = Draw::normal) {
  return {std::move(name),
          [f](Arguments x, const CaseOptions&) { return f(x[0]); },
          {{{{{4, 3}, draw}}, {}}, {{{{7}, draw}}, {}}},
          {{{{{513, 1025}, draw}}, {}}}};
}

/// An example with the same inputs for each text of an option.
Examples each(const std::vector<Drawn>& inputs, const std::string& key, const std::vector<std::string>& texts) {
  Examples examples;
  for (const std::string& text : texts) examples.push_back({inputs, {{key, text}}});
  return examples;
}

using Reduce = Variable (*)(const Variable&, const Axes&, KeepDims);

Operation reduction(std::string name, Reduce over_axes, Variable (*over_all)(const Variable&)) {
  Examples tiny;
  for (const char* keep : {"0", "1"}) {
    for (const char* axes : {"0", "1", "-1", "0,1", "1,0", ""}) {
      tiny.push_back({{{{4, 3}, Draw::apart}}, {{"axes", axes}, {"keepdims", keep}}});
    }
    for (const char* axes : {"1", "0,2", "0,1,2"}) {
      tiny.push_back({{{{2, 3, 4}, Draw::apart}}, {{"axes", axes}, {"keepdims", keep}}});
    }
  }
  tiny.push_back({{{{4, 3}, Draw::apart}}, {{"axes", "all"}, {"keepdims", "0"}}});
  Examples large;
  for (const char* axes : {"0", "1", "0,1", "all"}) {
    large.push_back({{{{513, 1025}}}, {{"axes", axes}, {"keepdims", "0"}}});
  }
  const auto call = [=](Arguments x, const CaseOptions& o) {
    const KeepDims keep = o.flag("keepdims") ? KeepDims::yes : KeepDims::no;
    if (o.text("axes") == "all" && keep == KeepDims::no) return over_all(x[0]);
    std::vector<Index> axes =
        o.text("axes") == "all" ? std::vector<Index>(static_cast<std::size_t>(x[0].shape().rank())) : o.list("axes");
    if (o.text("axes") == "all") std::iota(axes.begin(), axes.end(), Index{0});
    const auto axis = [&](std::size_t i) { return static_cast<int>(axes[i]); };
    switch (axes.size()) {
      case 0:
        return over_axes(x[0], {}, keep);
      case 1:
        return over_axes(x[0], {axis(0)}, keep);
      case 2:
        return over_axes(x[0], {axis(0), axis(1)}, keep);
      default:
        return over_axes(x[0], {axis(0), axis(1), axis(2)}, keep);
    }
  };
  return {std::move(name), call, tiny, large};
}

Size2D size_of(const CaseOptions& o, const std::string& key) {
  const std::vector<Index> sizes = o.list(key);
  return {sizes.at(0), sizes.at(1)};
}

struct ConvolutionCase {
  Shape images;
  Shape kernel;
  const char* strides = "1,1";
  const char* padding = "same";
  const char* dilation = "1,1";
  const char* groups = "1";
};

Examples convolution_examples(const std::vector<ConvolutionCase>& cases) {
  Examples examples;
  for (const ConvolutionCase& c : cases) {
    examples.push_back(
        {{{c.images}, {c.kernel}, {{c.kernel[3]}}},
         {{"strides", c.strides}, {"padding", c.padding}, {"dilation", c.dilation}, {"groups", c.groups}}});
  }
  return examples;
}

Examples pooling_examples(const Shape& images, const CaseOptions& more = {}) {
  Examples examples;
  for (const auto& [size, strides, padding] :
       {std::tuple{"2,2", "2,2", "valid"}, {"3,2", "1,2", "same"}, {"2,3", "3,1", "1"}}) {
    Example example{{{images, Draw::apart}}, more};
    example.options.set("size", size);
    example.options.set("strides", strides);
    example.options.set("padding", padding);
    examples.push_back(example);
  }
  return examples;
}

// --- calls that need more than a line -----------------------------------------------------------------------------

/// The activation of a case, with its slope or alpha; that of none is `linear`.
ActivationFunction activation_of(const CaseOptions& o) {
  const bool none = !o.has("activation") || o.text("activation") == "none";
  ActivationFunction function = activation_function("test", none ? "linear" : o.text("activation"));
  for (const char* key : {"negative_slope", "alpha"}) {
    if (o.has(key)) function.parameter = real(o, key);
  }
  return function;
}

Variable call_linear(Arguments x, const CaseOptions& o) {
  const ActivationFunction function = activation_of(o);
  const bool none = o.text("activation") == "none";
  return linear(x[0], x[1], o.flag("use_bias") ? x[2] : Variable{}, none ? nullptr : &function);
}

Examples linear_examples(const std::vector<Drawn>& inputs) {
  Examples examples;
  for (const char* use_bias : {"0", "1"}) {
    examples.push_back({inputs, {{"use_bias", use_bias}, {"activation", "none"}}});
    for (const ActivationFunction& function : activation_functions()) {
      examples.push_back({inputs, {{"use_bias", use_bias}, {"activation", std::string(function.name)}}});
    }
  }
  return examples;
}

/// A number on either side of each operator.
Variable call_number(Arguments x, const CaseOptions& o) {
  const std::string& form = o.text("form");
  if (form == "x+2") return x[0] + 2;
  if (form == "2+x") return 2 + x[0];
  if (form == "x-2") return x[0] - 2;
  if (form == "2-x") return 2 - x[0];
  if (form == "x*2") return x[0] * 2;
  if (form == "2*x") return 2 * x[0];
  if (form == "x/2") return x[0] / 2;
  if (form == "2/x") return 2 / x[0];
  throw Error("unknown form " + form);
}

Variable gamma_of(Arguments x, const CaseOptions& o) { return o.has("no_gamma") ? Variable{} : x[1]; }
Variable beta_of(Arguments x, const CaseOptions& o) { return o.has("no_beta") ? Variable{} : x[2]; }

Mode mode_of(const CaseOptions& o) { return o.text("mode") == "training" ? Mode::training : Mode::inference; }

/// Shares the storage of the inputs, which calls in training update.
MovingStatistics moving_of(Arguments x, const CaseOptions& o) {
  return {x[3].value(), x[4].value(), real(o, "momentum"), o.text("convention") == "pytorch"};
}

Variable call_batch_normalization(Arguments x, const CaseOptions& o) {
  MovingStatistics moving = moving_of(x, o);
  const ActivationFunction function = activation_of(o);
  return batch_normalization(x[0], gamma_of(x, o), beta_of(x, o), moving, real(o, "epsilon"), mode_of(o), "test",
                             o.has("activation") ? &function : nullptr);
}

Variable call_normalized_max_pooling(Arguments x, const CaseOptions& o) {
  MovingStatistics moving = moving_of(x, o);
  const Size2D size = size_of(o, "size");
  const auto windows = [](Index input, Index length) {
    return Window{.input = input, .size = length, .stride = length, .output = input / length};
  };
  return normalized_max_pooling_2d(x[0], gamma_of(x, o), beta_of(x, o), moving, real(o, "epsilon"), mode_of(o), "test",
                                   activation_of(o), windows(x[0].shape()[1], size.height),
                                   windows(x[0].shape()[2], size.width));
}

/// The option `far` moves the averages so far away that r and d are clipped, and hence are constants for the
/// differences as they are for the gradient.
Variable call_batch_renormalization(Arguments x, const CaseOptions& o) {
  MovingStatistics moving = moving_of(x, o);
  Renormalization renorm{x[5].value(), x[6].value(), real(o, "momentum"), real(o, "rmax"), real(o, "dmax")};
  if (o.has("far")) {
    renorm.mean = (x[5] * 20).value();
    renorm.stddev = (x[6] / 100).value();
  }
  return batch_renormalization(x[0], gamma_of(x, o), beta_of(x, o), moving, renorm, real(o, "epsilon"), mode_of(o));
}

/// Each example as it is, and without each of some inputs.
Examples with_and_without(const Examples& examples, const std::vector<const char*>& missing = {"no_gamma", "no_beta"}) {
  Examples result = examples;
  for (const char* option : missing) {
    for (Example example : examples) {
      example.options.set(option, "1");
      result.push_back(example);
    }
  }
  return result;
}

Examples batch_normalization_examples(const Shape& shape, bool renorm = false) {
  const Shape f{shape[-1]};
  std::vector<Drawn> inputs{{shape}, {f}, {f}, {f, Draw::constant}, {f, Draw::constant_positive}};
  CaseOptions options{{"epsilon", "1e-3"}, {"momentum", "0.99"}, {"convention", "keras"}};
  if (renorm) {
    inputs.push_back({f, Draw::constant});
    inputs.push_back({f, Draw::constant_positive});
    for (const auto& [key, text] : {std::pair{"rmax", "2"}, {"dmax", "0.5"}, {"far", "1"}}) options.set(key, text);
  }
  Examples examples;
  for (const char* mode : {"training", "inference"}) {
    options.set("mode", mode);
    examples.push_back({inputs, options});
  }
  return with_and_without(examples);
}

Examples with_activations(const Examples& examples, const std::vector<const char*>& activations) {
  Examples result;
  for (Example example : examples) {
    for (const char* activation : activations) {
      example.options.set("activation", activation);
      result.push_back(example);
    }
  }
  return result;
}

/// With two activations that are fused, and one that is not.
Examples activated_examples(const Shape& shape) {
  return with_activations(batch_normalization_examples(shape), {"relu", "leaky_relu", "tanh"});
}

Examples normalized_pooling_examples(const Shape& shape, const char* size) {
  Examples examples = with_activations(batch_normalization_examples(shape), {"relu", "leaky_relu"});
  for (Example& example : examples) example.options.set("size", size);
  return examples;
}

Examples layer_normalization_examples(const Shape& shape, const CaseOptions& options = {}) {
  const Shape f{shape[-1]};
  Example example{{{shape}, {f}, {f}}, options};
  example.options.set("epsilon", "1e-3");
  return with_and_without({example});
}

Variable call_dropout(Arguments x, const CaseOptions& o) {
  return dropout(x[0], o.number("rate"), RandomKey{7, 3}, mode_of(o));
}

/// Labels are an input; weights are inputs if an option says so.
Variable call_cross_entropy(Arguments x, const CaseOptions& o) {
  CrossEntropyOptions options;
  if (o.has("label_smoothing")) options.label_smoothing = o.number("label_smoothing");
  if (o.has("ignore_label")) options.ignore_label = o.index("ignore_label");
  if (o.has("class_weights")) options.class_weights = x[2].value();
  if (o.has("sample_weights")) options.sample_weights = x.back().value();
  return softmax_cross_entropy(x[0], x[1].value(), options);
}

/// Every combination of the options.
Examples cross_entropy_examples(Index n, Index classes) {
  Examples examples;
  for (unsigned bits = 0; bits < 16; ++bits) {
    Example example{{{{n, classes}}, {{n}, Draw::labels}}, {}};
    if ((bits & 1) != 0) example.options.set("label_smoothing", "0.1");
    if ((bits & 2) != 0) example.options.set("ignore_label", "1");
    for (const auto& [bit, name, size] : {std::tuple{4U, "class_weights", classes}, {8U, "sample_weights", n}}) {
      if ((bits & bit) == 0) continue;
      example.inputs.push_back({{size}, Draw::constant_positive});
      example.options.set(name, "1");
    }
    examples.push_back(example);
  }
  return examples;
}

/// A loss of predictions, targets and, optionally, weights.
template <class F>
Operation elementwise_loss(std::string name, F f, Draw targets = Draw::constant, const CaseOptions& options = {}) {
  const auto with_weights = [&](const Shape& shape) {
    const Drawn x{shape, Draw::apart}, t{shape, targets}, w{{shape[0]}, Draw::constant_positive};
    return Examples{{{x, t}, options}, {{x, t, w}, options}};
  };
  Examples tiny;
  for (const Shape& shape : {Shape{4, 3}, Shape{7}, Shape{2, 3, 2}}) {
    for (const Example& example : with_weights(shape)) tiny.push_back(example);
  }
  return {std::move(name),
          [f](Arguments x, const CaseOptions& o) {
            return f(x[0], x[1].value(), x.size() > 2 ? x[2].value() : Tensor{}, o);
          },
          tiny, with_weights({513, 1025})};
}

Examples operator+(Examples a, const Examples& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// --- the table ----------------------------------------------------------------------------------------------------

std::vector<Operation> table() {
  const std::vector<Drawn> logits{{{4, 3}}, {{4}, Draw::labels}};
  const std::vector<Drawn> many_logits{{{2049, 129}}, {{2049}, Draw::labels}};
  const std::vector<Drawn> layer{{{4, 3}, Draw::apart}, {{3, 5}, Draw::apart}, {{5}, Draw::apart}};
  const std::vector<Drawn> large_layer{{{257, 193}}, {{193, 511}}, {{511}}};
  return {
      binary("add", [](const Variable& a, const Variable& b) { return a + b; }),
      binary("subtract", [](const Variable& a, const Variable& b) { return a - b; }),
      binary("multiply", [](const Variable& a, const Variable& b) { return a * b; }),
      binary(
          "divide", [](const Variable& a, const Variable& b) { return a / b; }, Draw::positive),
      {"maximum", [](Arguments x, const CaseOptions&) { return maximum(x[0], x[1]); },
       broadcasts(Draw::apart, Draw::apart), large_pairs()},
      {"number", call_number,
       each({{{4, 3}, Draw::positive}}, "form", {"x+2", "2+x", "x-2", "2-x", "x*2", "2*x", "x/2", "2/x"}),
       each({{{513, 1025}, Draw::positive}}, "form", {"2-x", "2/x"}), false},
      unary("negate", [](const Variable& x) { return -x; }),
      unary("square", square),
      unary("sqrt", sqrt, Draw::positive),
      unary("exp", exp),
      unary("log", log, Draw::positive),
      unary("abs", abs, Draw::apart),
      {"pow", [](Arguments x, const CaseOptions& o) { return pow(x[0], real(o, "exponent")); },
       each({{{4, 3}, Draw::positive}}, "exponent", {"2", "0.5", "-1", "3", "0"}),
       each({{{257, 1025}, Draw::positive}}, "exponent", {"1.5"})},

      unary("relu", relu, Draw::apart),
      {"leaky_relu", [](Arguments x, const CaseOptions& o) { return leaky_relu(x[0], real(o, "negative_slope")); },
       each({{{4, 3}, Draw::apart}}, "negative_slope", {"0.2", "0.01"}),
       each({{{513, 1025}}}, "negative_slope", {"0.2"})},
      {"elu", [](Arguments x, const CaseOptions& o) { return elu(x[0], real(o, "alpha")); },
       each({{{4, 3}, Draw::apart}}, "alpha", {"1", "0.5"}), each({{{513, 1025}}}, "alpha", {"1"})},
      unary("sigmoid", sigmoid),
      unary("tanh", tanh),
      unary("softplus", softplus),
      unary("gelu", gelu),
      unary("silu", silu),

      {"matmul",
       [](Arguments x, const CaseOptions&) { return matmul(x[0], x[1]); },
       {{{{{4, 3}}, {{3, 5}}}, {}}, {{{{1, 3}}, {{3, 1}}}, {}}},
       {{{{{257, 193}}, {{193, 511}}}, {}}}},
      {"transpose",
       [](Arguments x, const CaseOptions&) { return transpose(x[0]); },
       {{{{{4, 3}}}, {}}, {{{{1, 3}}}, {}}},
       {{{{{513, 1025}}}, {}}}},
      {"linear", call_linear, linear_examples(layer), linear_examples(large_layer)},

      {"reshape", [](Arguments x, const CaseOptions& o) { return reshape(x[0], shape_of(o.list("shape"))); },
       each({{{4, 3}}}, "shape", {"3x4", "12", "2x3x2"}), each({{{512, 1024}}}, "shape", {"1024x512"})},
      {"concatenate",
       [](Arguments x, const CaseOptions& o) { return concatenate(x, static_cast<int>(o.index("axis"))); },
       each({{{4, 3}}, {{4, 3}}}, "axis", {"0", "1", "-1"}) + each({{{4, 1}}, {{4, 3}}, {{4, 2}}}, "axis", {"1"}),
       each({{{512, 513}}, {{512, 513}}}, "axis", {"0", "1"})},
      {"slice",
       [](Arguments x, const CaseOptions& o) {
         return slice(x[0], static_cast<int>(o.index("axis")), o.index("begin"), o.index("end"));
       },
       {{{{{4, 3}}}, {{"axis", "0"}, {"begin", "1"}, {"end", "3"}}},
        {{{{4, 3}}}, {{"axis", "-1"}, {"begin", "0"}, {"end", "2"}}}},
       {{{{{512, 1025}}}, {{"axis", "1"}, {"begin", "3"}, {"end", "1001"}}}}},
      {"rows",
       [](Arguments x, const CaseOptions& o) { return rows(x[0], o.index("begin"), o.index("end")); },
       {{{{{4, 3}}}, {{"begin", "1"}, {"end", "3"}}}, {{{{4, 2, 3}}}, {{"begin", "0"}, {"end", "1"}}}},
       {{{{{513, 1025}}}, {{"begin", "3"}, {"end", "500"}}}}},
      {"gather",
       [](Arguments x, const CaseOptions&) { return gather(x[0], x[1].value()); },
       {{logits, {}}},
       {{many_logits, {}}}},

      reduction("sum", sum, sum),
      reduction("mean", mean, mean),
      reduction("max", max, max),
      reduction("variance", variance, variance),

      {"softmax",
       [](Arguments x, const CaseOptions&) { return softmax(x[0]); },
       {{{{{4, 3}}}, {}}, {{{{2, 3, 4}}}, {}}},
       {{{{{2049, 129}}}, {}}}},
      {"log_softmax",
       [](Arguments x, const CaseOptions&) { return log_softmax(x[0]); },
       {{{{{4, 3}}}, {}}, {{{{2, 3, 4}}}, {}}},
       {{{{{2049, 129}}}, {}}}},
      {"softmax_cross_entropy", call_cross_entropy, cross_entropy_examples(4, 3), cross_entropy_examples(2049, 129)},
      elementwise_loss(
          "binary_cross_entropy",
          [](const Variable& x, const Tensor& t, const Tensor& w, const CaseOptions&) {
            return binary_cross_entropy(x, t, w);
          },
          Draw::constant_fraction),
      elementwise_loss("mean_squared_error", [](const Variable& x, const Tensor& t, const Tensor& w,
                                                const CaseOptions&) { return mean_squared_error(x, t, w); }),
      elementwise_loss("mean_absolute_error", [](const Variable& x, const Tensor& t, const Tensor& w,
                                                 const CaseOptions&) { return mean_absolute_error(x, t, w); }),
      elementwise_loss("huber",
                       [](const Variable& x, const Tensor& t, const Tensor& w, const CaseOptions& o) {
                         return huber(x, t, o.number("delta"), w);
                       },
                       Draw::constant, {{"delta", "0.7"}}),
      {"l1_l2",
       [](Arguments x, const CaseOptions& o) {
         return l1_l2(x[0], {o.number("l1"), o.number("l2")});
       },
       {{{{{4, 3}, Draw::apart}}, {{"l1", "0.5"}, {"l2", "0"}}},
        {{{{4, 3}, Draw::apart}}, {{"l1", "0"}, {"l2", "0.25"}}},
        {{{{7}, Draw::apart}}, {{"l1", "0.1"}, {"l2", "0.3"}}}},
       {{{{{513, 1025}}}, {{"l1", "0.1"}, {"l2", "0.3"}}}}},

      {"batch_normalization", call_batch_normalization,
       batch_normalization_examples({4, 3}) + batch_normalization_examples({2, 2, 2, 3}) + activated_examples({4, 3}),
       batch_normalization_examples({1023, 517}) + batch_normalization_examples({64, 9, 7, 130}) +
           activated_examples({40, 9, 7, 70})},
      {"batch_renormalization", call_batch_renormalization,
       batch_normalization_examples({4, 3}, true) + batch_normalization_examples({2, 2, 2, 3}, true),
       batch_normalization_examples({1023, 517}, true)},
      {"layer_normalization",
       [](Arguments x, const CaseOptions& o) {
         return layer_normalization(x[0], gamma_of(x, o), beta_of(x, o), real(o, "epsilon"));
       },
       layer_normalization_examples({4, 3}) + layer_normalization_examples({2, 2, 5}),
       layer_normalization_examples({1023, 517})},
      {"group_normalization",
       [](Arguments x, const CaseOptions& o) {
         return group_normalization(x[0], gamma_of(x, o), beta_of(x, o), o.index("groups"), real(o, "epsilon"));
       },
       layer_normalization_examples({2, 6}, {{"groups", "2"}}) +
           layer_normalization_examples({2, 2, 2, 4}, {{"groups", "2"}}) +
           layer_normalization_examples({2, 3, 4}, {{"groups", "1"}}),
       layer_normalization_examples({64, 9, 7, 130}, {{"groups", "5"}}) +
           layer_normalization_examples({1023, 516}, {{"groups", "4"}})},
      {"instance_normalization",
       [](Arguments x, const CaseOptions& o) {
         return instance_normalization(x[0], gamma_of(x, o), beta_of(x, o), real(o, "epsilon"));
       },
       layer_normalization_examples({2, 3, 4}) + layer_normalization_examples({2, 2, 3, 2}),
       layer_normalization_examples({64, 9, 7, 130})},
      {"rms_normalization",
       [](Arguments x, const CaseOptions& o) { return rms_normalization(x[0], gamma_of(x, o), real(o, "epsilon")); },
       with_and_without({{{{{4, 3}}, {{3}}}, {{"epsilon", "1e-6"}}}, {{{{2, 2, 5}}, {{5}}}, {{"epsilon", "1e-6"}}}},
                        {"no_gamma"}),
       {{{{{1023, 517}}, {{517}}}, {{"epsilon", "1e-6"}}}}},
      {"conv2d",
       [](Arguments x, const CaseOptions& o) {
         return conv2d(x[0], x[1], x[2],
                       {size_of(o, "strides"), o.text("padding"), size_of(o, "dilation"), o.index("groups")});
       },
       convolution_examples({{{2, 3, 4, 2}, {3, 3, 2, 3}},
                             {{1, 4, 3, 1}, {2, 3, 1, 2}, "2,1", "valid"},
                             {{1, 5, 5, 2}, {3, 3, 2, 2}, "2,2", "1", "1,2"},
                             {{1, 5, 5, 2}, {2, 2, 2, 1}, "1,3", "same", "2,1"},
                             {{1, 3, 3, 4}, {3, 2, 2, 2}, "1,1", "same", "1,1", "2"},
                             {{2, 3, 3, 2}, {3, 3, 1, 2}, "2,1", "same", "1,1", "2"},
                             {{1, 3, 3, 2}, {1, 1, 2, 17}, "1,1", "valid"}}),
       convolution_examples({{{33, 15, 17, 19}, {3, 3, 19, 35}},
                             {{17, 30, 29, 3}, {5, 4, 3, 16}, "2,2"},
                             {{3, 40, 40, 64}, {3, 3, 64, 64}},
                             {{33, 28, 28, 20}, {3, 3, 1, 20}, "1,1", "same", "1,1", "20"}})},
      {"max_pooling2d",
       [](Arguments x, const CaseOptions& o) {
         return max_pooling_2d(x[0], size_of(o, "size"), {size_of(o, "strides"), o.text("padding")});
       },
       pooling_examples({1, 4, 5, 2}), pooling_examples({33, 28, 27, 65})},
      {"normalized_max_pooling2d", call_normalized_max_pooling, normalized_pooling_examples({2, 4, 3, 2}, "2,3"),
       normalized_pooling_examples({33, 28, 26, 65}, "2,2")},
      {"average_pooling2d",
       [](Arguments x, const CaseOptions& o) {
         return average_pooling_2d(x[0], size_of(o, "size"),
                                   {size_of(o, "strides"), o.text("padding"), o.flag("count_padding")});
       },
       pooling_examples({1, 4, 5, 2}, {{"count_padding", "0"}}) +
           pooling_examples({1, 4, 5, 2}, {{"count_padding", "1"}}),
       pooling_examples({33, 28, 27, 65}, {{"count_padding", "0"}})},
      {"up_sampling2d",
       [](Arguments x, const CaseOptions& o) { return up_sampling_2d(x[0], size_of(o, "size")); },
       {{{{{2, 2, 3, 2}}}, {{"size", "2,3"}}}},
       {{{{{33, 14, 13, 65}}}, {{"size", "2,2"}}}}},
      {"dropout",
       call_dropout,
       {{{{{4, 3}}}, {{"rate", "0.4"}, {"mode", "training"}}},
        {{{{4, 3}}}, {{"rate", "0"}, {"mode", "training"}}},
        {{{{4, 3}}}, {{"rate", "0.4"}, {"mode", "inference"}}}},
       {{{{{513, 1025}}}, {{"rate", "0.4"}, {"mode", "training"}}}},
       false},
  };
}

}  // namespace

const std::vector<Operation>& operations() {
  static const std::vector<Operation> rows = table();
  return rows;
}

const Operation* find_operation(std::string_view name) {
  for (const Operation& operation : operations()) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}

std::vector<Tensor> draw(const Example& example) {
  Generator random(1);
  std::vector<Tensor> inputs;
  for (const auto& [shape, kind] : example.inputs) {
    // Drawing a million normal numbers takes longer than the tests that use them.
    Tensor x = shape.size() > 1000 ? Tensor::uniform(shape, -2, 2, random) : Tensor::normal(shape, 0, 1, random);
    std::span<Real> values = x.values();
    switch (kind) {
      case Draw::normal:
      case Draw::constant:
        break;
      case Draw::positive:
      case Draw::constant_positive:
        for (Real& v : values) v = std::abs(v) + Real{0.5};
        break;
      case Draw::apart: {
        // A shuffled grid, shifted away from 0 and from the grids of the other inputs.
        const double shift = 0.3 + 0.15 * static_cast<double>(inputs.size());
        const auto n = static_cast<double>(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
          values[i] = static_cast<Real>((static_cast<double>(i) - n / 2 + shift) * 4 / n);
          std::swap(values[i], values[static_cast<std::size_t>(random.below(static_cast<Index>(i) + 1))]);
        }
        break;
      }
      case Draw::constant_fraction:
        for (Real& v : values) v = std::abs(v) - std::floor(std::abs(v));
        break;
      case Draw::labels:
        for (Real& v : values) v = static_cast<Real>(random.below(inputs[0].shape()[-1]));
    }
    inputs.push_back(x);
  }
  return inputs;
}

Differentiable differentiable(const Operation& operation, const Example& example) {
  const std::vector<Tensor> drawn = draw(example);
  Differentiable result;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (!is_constant(example.inputs[i].draw)) result.inputs.push_back(drawn[i]);
  }
  result.call = [call = operation.call, example, drawn](const std::vector<Variable>& variables) {
    std::vector<Variable> all;
    std::size_t next = 0;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      all.push_back(is_constant(example.inputs[i].draw) ? Variable(drawn[i]) : variables[next++]);
    }
    return call(all, example.options);
  };
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
