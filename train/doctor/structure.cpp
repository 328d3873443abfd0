#include <gradus/train/doctor/cures.h>

#include <gradus/layers/dropout/dropout.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

bool takes_logits(const Examination& examination) {
  const std::string& loss = examination.loss.name();
  return loss == "softmax_cross_entropy" || loss == "binary_cross_entropy";
}

/// The layer whose function is at the end.
Layer* output_layer(const Examination& examination) {
  Layer* layer = examination.last;
  while (dynamic_cast<Dropout*>(layer) != nullptr) layer = examination.before(*layer);
  return layer;
}

std::string function_of_outputs(const Examination& examination) {
  const Layer* layer = output_layer(examination);
  return layer == nullptr ? "linear" : examination.function_of(*layer);
}

struct OutputRange {
  std::string_view function;
  double low, high;
};

/// Null for functions that are none, or not known.
const OutputRange* range_of(std::string_view function) {
  static constexpr OutputRange all[] = {
      {"relu", 0, HUGE_VAL}, {"leaky_relu", -HUGE_VAL, HUGE_VAL}, {"softplus", 0, HUGE_VAL}, {"gelu", -0.17, HUGE_VAL},
      {"elu", -1, HUGE_VAL}, {"silu", -0.28, HUGE_VAL},           {"tanh", -1, 1},           {"sigmoid", 0, 1},
      {"softmax", 0, 1}};
  const auto* const found = std::ranges::find(all, function, &OutputRange::function);
  return found == std::end(all) ? nullptr : found;
}

/// No function at the end, nor dropout behind it.
Cure linear_outputs(const Examination& examination, const std::string& text) {
  Layer *const layer = output_layer(examination), *const last = examination.last;
  const bool drops = layer != last;
  return {text + (drops ? ", and no Dropout there" : ""), rebuilding([=](Blueprint& blueprint) {
            blueprint.set(*layer, activation_option(*layer), std::string("linear"));
            if (drops) blueprint.set(*last, "rate", 0.0);
          })};
}

void nothing_to_train(Examination& examination) {
  const Parameters weights = examination.model.parameters();
  const Optimizer* optimizer = examination.options.optimizer;
  const bool frozen = std::ranges::none_of(weights, &Parameter::trainable);
  const auto moves = [&](const Parameter& weight) {
    return weight.trainable() && (optimizer == nullptr || optimizer->learning_rate_multiplier(weight) > 0);
  };
  if (std::ranges::any_of(weights, moves)) return;
  Finding finding{"nothing_to_train", "model", fmt::format("all {} weights are frozen", weights.size()),
                  "No step changes anything.", "model.unfreeze()"};
  if (weights.size() == 0) {
    finding.what = "the model has no weights";
    finding.cure = "list the layers that hold weights in children()";
  } else if (!frozen) {
    finding.what = "the learning rate of all weights that are not frozen is multiplied by 0";
    finding.cure = "optimizer.set_learning_rate_multiplier(model.parameters(), 1)";
  }
  examination.findings.push_back(std::move(finding));
  examination.explained = true;
}

void probabilities_as_logits(Examination& examination) {
  const std::string function = function_of_outputs(examination), loss = examination.loss.name();
  if (!takes_logits(examination) || (function != "softmax" && function != "sigmoid")) return;
  // Of logits in 0 ... 1 the best are 1 for the right class and 0 for the others.
  const auto others =
      loss == "binary_cross_entropy" ? 1.0 : static_cast<double>(examination.model.output_shape()[-1] - 1);
  Finding finding{"probabilities_as_logits", output_layer(examination)->name(),
                  fmt::format("{} before {}, which takes logits: its loss cannot fall below {:.3f}", function, loss,
                              std::log(1 + others * std::exp(-1))),
                  "The loss applies the function itself, together with the logarithm so that nothing is rounded away; "
                  "twice, it flattens the gradients (Goodfellow et al. 2016, section 6.2.2).",
                  fmt::format("no {0} at the end; {0}(logits) where probabilities are wanted", function)};
  const Cure linear = linear_outputs(examination, finding.cure);
  treat(examination, std::move(finding), {linear}, Kind::fact, 0.97);
}

void activation_on_logits(Examination& examination) {
  const std::string function = function_of_outputs(examination);
  if (!takes_logits(examination)) return;
  if (range_of(function) == nullptr || function == "softmax" || function == "sigmoid") return;
  treat(examination,
        finding_of(
            "activation_on_logits", output_layer(examination)->name(),
            fmt::format("{} before {}, which takes logits of any size and sign", function, examination.loss.name()),
            "A class is excluded by a logit far below the others; a logit held at a limit of the function has no "
            "gradient "
            "(Goodfellow et al. 2016, section 6.2.2)."),
        {linear_outputs(examination, fmt::format("no {} at the end", function))}, Kind::fact, 0.97);
}

void outputs_out_of_range(Examination& examination) {
  const std::string function = function_of_outputs(examination);
  const Dataset* data = examination.options.dataset;
  if (data == nullptr || data->classes() > 0 || !data->has_labels() || takes_logits(examination)) return;
  const OutputRange* range = range_of(function);
  if (range == nullptr) return;
  const Tensor targets = probe(*data).batch().labels;
  const auto [smallest, largest] = std::ranges::minmax(targets.values());
  if (smallest >= range->low - 0.05 && largest <= range->high + 0.05) return;
  const Cure linear = linear_outputs(examination, fmt::format("no {} at the end", function));
  treat(examination,
        finding_of(
            "outputs_out_of_range", output_layer(examination)->name(),
            fmt::format("{} gives {} to {}, the targets are {:.4g} to {:.4g}", function, range->low,
                        std::isfinite(range->high) ? "1" : "infinity", smallest, largest),
            "Outputs cannot reach targets beyond the range of the last function, and at its limits it has no gradient "
            "(Goodfellow et al. 2016, section 6.2.2)."),
        {linear, both(linear, standardized_targets(*data))}, Kind::fact, 0.97);
}

/// Of a convolution, whether each output sees one group of the channels.
bool is_grouped(Layer& layer) {
  return std::ranges::any_of(layer.parameters(), [&](const Parameter& weight) {
    return weight.shape().rank() > 2 && weight.shape()[-2] != layer.input_shape()[-1];
  });
}

/// The layer whose outputs a place gets, past affine functions and dropout.
Layer* source_of(const Examination& examination, const Place& place) {
  Layer* source = place.before;
  while (dynamic_cast<BatchNormalization*>(source) != nullptr || dynamic_cast<Dropout*>(source) != nullptr) {
    source = examination.before(*source);
  }
  return source;
}

/// As inputs of another layer: the weights of a mixture are none.
void hidden_softmax(Examination& examination) {
  std::vector<Layer*> layers;
  for (const Place& place : examination.places) {
    Layer* source = has_kernel(*place.layer) ? source_of(examination, place) : nullptr;
    if (source != nullptr && examination.function_of(*source) == "softmax") layers.push_back(source);
  }
  if (layers.empty()) return;
  const std::string more = layers.size() > 1 ? fmt::format(", in {} layers", layers.size()) : "";
  treat(
      examination,
      finding_of(
          "hidden_softmax", layers.front()->name(), "softmax in the midst of the network" + more,
          "Its outputs add up to 1, so that of many units each gives next to nothing, and one rises only where others "
          "fall; it is for probabilities at the end (Goodfellow et al. 2016, section 6.2.2)."),
      {activations(examination, "softmax", "relu")}, Kind::fact, 0.9);
}

/// A layer that is narrower than what it takes and what it gives to has a purpose: a product of low rank. So have
/// groups of channels, with a product over the channels next to them.
void linear_stack(Examination& examination) {
  std::vector<Layer*> layers;
  std::string where;
  for (const Place& place : examination.places) {
    Layer *first = source_of(examination, place), *second = place.layer;
    if (first == nullptr || !has_kernel(*first) || !has_kernel(*second) || activation_of(*first) != "linear") continue;
    const bool narrow = first->output_shape()[-1] < std::min(first->input_shape()[-1], second->output_shape()[-1]);
    const bool frozen = std::ranges::none_of(first->parameters(), &Parameter::trainable);  // learnt before
    if (narrow || frozen || is_grouped(*first) || is_grouped(*second)) continue;
    layers.push_back(first);
    if (layers.size() == 1) where = fmt::format("no activation between it and {}", second->name());
  }
  if (layers.empty()) return;
  const std::string more = layers.size() > 1 ? fmt::format(", nor behind {} layers more", layers.size() - 1) : "";
  treat(examination,
        finding_of(
            "linear_stack", layers.front()->name(), where + more,
            "A linear function of a linear function is one: the two layers compute nothing that one could not alone "
            "(Goodfellow et al. 2016, section 6.1)."),
        {option(layers, "activation", std::string("relu"), ".activation = \"relu\"")}, Kind::fact, 0.97);
}

void dropout_on_outputs(Examination& examination) {
  const auto* dropout = dynamic_cast<const Dropout*>(examination.last);
  if (dropout == nullptr) return;
  const auto rate = option_of<double>(*dropout, "rate");
  treat(
      examination,
      finding_of(
          "dropout_on_outputs", dropout->name(),
          fmt::format("dropout of rate {} on the outputs: the loss sees {:.0f} % of them as 0", rate, 100 * rate),
          "Dropout makes hidden units useful each by itself; an output that is not there is only an error (Srivastava "
          "et al. 2014)."),
      {option({examination.last}, "rate", 0.0, "no Dropout after the last layer")}, Kind::fact, 0.97);
}

/// The share of the units that a dropout and those directly before it keep.
double kept_by(const Examination& examination, const Layer* layer) {
  if (dynamic_cast<const Dropout*>(layer) == nullptr) return 1;
  return (1 - option_of<double>(*layer, "rate")) * kept_by(examination, examination.before(*layer));
}

void high_dropout(Examination& examination) {
  std::vector<Layer*> layers;
  for (const Place& place : examination.places) {
    if (place.layer != examination.last && kept_by(examination, place.layer) < 0.3) layers.push_back(place.layer);
  }
  if (layers.empty()) return;
  const double kept = kept_by(examination, layers.front());
  const bool repeated = dynamic_cast<Dropout*>(examination.before(*layers.front())) != nullptr;
  const std::string more = layers.size() > 1 ? fmt::format(", and {} layers more as few", layers.size() - 1) : "";
  treat(
      examination,
      finding_of(
          "high_dropout", layers.front()->name(),
          fmt::format("dropout of rate {:.2g} keeps {:.0f} % of the units{}", 1 - kept, 100 * kept, more),
          "Rates of 0.2 to 0.5 are usual; at higher ones too little of the network is left to learn (Srivastava et al. "
          "2014, section 7.3)."),
      {repeated ? option(layers, "rate", 0.0, "one Dropout in place of several in a row")
                : option(layers, "rate", 0.5, "Dropout{0.5}")},
      Kind::fact, 0.95);
}

/// Whether the columns of the kernel are equal, and the biases too: then so are the gradients, for ever.
bool has_equal_units(Layer& layer) {
  if (!has_kernel(layer) || is_grouped(layer) || layer.output_shape()[-1] < 2) return false;
  return std::ranges::all_of(layer.parameters(),
                             [](const Parameter& weight) { return has_equal_columns(weight.value()); });
}

/// Whether a kernel of zeros gets gradients that differ from unit to unit, as the last one of a branch that is added to
/// another: a branch of a residual network may well begin as 0.
bool becomes_unequal(const Examination& examination, Layer& layer) {
  if (!examination.first_steps) return false;
  return std::ranges::any_of(layer.parameters(), [&](const Parameter& weight) {
    const auto& kernels = examination.first_steps->kernels;
    const auto found = std::ranges::find(kernels, &weight, &FirstSteps::Kernel::parameter);
    const bool zero = std::ranges::all_of(weight.value().values(), [](Real v) { return v == 0; });
    return zero && found != kernels.end() && !found->equal_columns;
  });
}

void equal_units(Examination& examination) {
  std::vector<Layer*> layers;
  for (const Place& place : examination.places) {
    const bool equal = place.layer != examination.last && has_equal_units(*place.layer);
    if (equal && !becomes_unequal(examination, *place.layer)) layers.push_back(place.layer);
  }
  if (layers.empty()) return;
  const std::string others = layers.size() > 1 ? fmt::format(", and of {} layers more", layers.size() - 1) : "";
  treat(examination,
        finding_of("equal_units", layers.front()->name(),
                   fmt::format("all {} units have equal weights{}", layers.front()->output_shape()[-1], others),
                   "Equal units get equal gradients and stay equal, so that together they compute no more than one "
                   "(Goodfellow et "
                   "al. 2016, section 8.4)."),
        {initial_weights(examination, "glorot_uniform", layers), initial_weights(examination, "he_normal", layers)},
        Kind::fact, 0.97);
}

void penalty_above_loss(Examination& examination) {
  if (!examination.first_steps) return;
  const double penalty = examination.first_steps->penalty, loss = examination.first_steps->loss_of_zeros;
  if (!(penalty > loss)) return;
  const double factor = std::pow(10, std::floor(std::log10(0.1 * loss / penalty)));
  std::vector<Layer*> layers;
  for (const Place& place : examination.places) {
    if (has_kernel(*place.layer)) layers.push_back(place.layer);
  }
  const Cure weaker{fmt::format("regularizers {:.0e} times as large", factor), [layers, factor](TrainingSetup& setup) {
                      Blueprint blueprint(*setup.model);
                      for (const Layer* layer : layers) {
                        for (const char* name : {"kernel_l1", "kernel_l2", "bias_l1", "bias_l2"}) {
                          blueprint.set(*layer, name, factor * option_of<double>(*layer, name));
                        }
                      }
                      return blueprint.build(setup);
                    }};
  treat(
      examination,
      finding_of("penalty_above_loss", "model",
                 fmt::format("the penalties are {:.3g}, the loss of outputs of 0 is {:.3g}", penalty, loss),
                 "Training makes the larger of the two small first: it takes the weights away before they fit anything "
                 "(Goodfellow et al. 2016, section 7.1)."),
      {weaker}, Kind::fact, 0.97);
}

/// Where a step takes more than a thousandth of the weights away, or an L2 penalty is as large.
void high_weight_decay(Examination& examination) {
  const Optimizer* optimizer = examination.options.optimizer;
  if (optimizer == nullptr || !examination.first_steps || examination.explained) return;
  const double decay = optimizer->weight_decay();
  if (decay * examination.first_steps->rate < 1e-3 && decay < 0.1) return;
  std::vector<Cure> cures;
  for (const double factor : {0.01, 1e-4}) {
    cures.push_back({fmt::format(".weight_decay = {:.2g}", factor * decay), [=](TrainingSetup& setup) {
                       setup.optimizer->set_weight_decay(factor * decay);
                       return true;
                     }});
  }
  treat(
      examination,
      finding_of(
          "high_weight_decay", "optimizer",
          fmt::format("weight decay of {} at learning rate {}", decay, examination.first_steps->rate),
          "Every step takes this share of the weights away; more than the gradient gives back keeps them from fitting "
          "anything (Goodfellow et al. 2016, section 7.1)."),
      cures, Kind::symptom, 0.8);
}

}  // namespace

void examine_structure(Examination& examination) {
  for (const auto rule :
       {nothing_to_train, probabilities_as_logits, activation_on_logits, outputs_out_of_range, hidden_softmax,
        linear_stack, dropout_on_outputs, high_dropout, equal_units, penalty_above_loss, high_weight_decay}) {
    rule(examination);
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
