#include <gradus/layers/sequential.h>

#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/input.h>

#include <typeinfo>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

Sequential::Sequential(std::vector<std::unique_ptr<Layer>> layers) {
  for (auto& layer : layers) append(std::move(layer));
  build_if_input_is_known();
}

Sequential& Sequential::add(std::unique_ptr<Layer> layer) {
  if (built() && layer != nullptr) {
    check_extensible("add");
    layer->build(output_shape());  // if it throws, nothing has changed
  }
  append(std::move(layer));
  if (built()) {
    extend(*layers_.back());
  } else {
    build_if_input_is_known();
  }
  return *this;
}

void Sequential::append(std::unique_ptr<Layer> layer) {
  check(layer != nullptr, "[{}] expected a layer, got null", name());
  const std::string type = snake_case(layer->type());
  const Index same = same_type_[type]++;
  names_.push_back(same == 0 ? type : fmt::format("{}_{}", type, same));
  layers_.push_back(std::move(layer));
  runs_.emplace_back();
  extend_run();
}

void Sequential::build_if_input_is_known() {
  if (const auto* input = layers_.empty() ? nullptr : dynamic_cast<const Input*>(layers_[0].get()))
    build(input->shape());
}

const Layer& Sequential::operator[](std::size_t i) const {
  check(i < layers_.size(), "[{}] expected a layer from 0 to {}, got {}", name(),
        static_cast<Index>(layers_.size()) - 1, i);
  return *layers_[i];
}

Layer& Sequential::operator[](std::size_t i) { return const_cast<Layer&>(std::as_const(*this)[i]); }

Children Sequential::children() {
  Children result;
  for (std::size_t i = 0; i < layers_.size(); ++i) result.push_back({names_[i], *layers_[i]});
  return result;
}

Config Sequential::config() const {
  Config result{type(), {}, {}};
  for (const auto& layer : layers_) result.layers.push_back(layer->config());
  return result;
}

namespace {

/// The layer, if it is of that class itself: one derived from it may do anything.
template <class Exact>
Exact* exactly(Layer& layer) {
  return typeid(layer) == typeid(Exact) ? static_cast<Exact*>(&layer) : nullptr;
}

}  // namespace

void Sequential::extend_run() {
  const std::size_t n = layers_.size();
  if (n >= 2) {
    const auto* const activation = exactly<Activation>(*layers_[n - 1]);
    if (activation != nullptr && activation->function() != nullptr)
      runs_[n - 2] = {exactly<BatchNormalization>(*layers_[n - 2]), activation->function()};
  }
  if (n >= 3) runs_[n - 3].last = dynamic_cast<FollowsNormalization*>(layers_[n - 1].get());
}

Variable Sequential::forward(const Variable& x, Mode mode) {
  const bool apart = !built() || ForwardObserver::current() != nullptr;  // an observer sees the output of every layer
  Variable y = x;
  for (std::size_t i = 0; i < layers_.size();) {
    const auto& [normalization, activation, last] = runs_[i];
    if (apart || normalization == nullptr) {
      y = (*layers_[i++])(y, mode);
      continue;
    }
    const Variable whole = last == nullptr ? Variable{} : last->after(*normalization, *activation, y, mode);
    y = whole.defined() ? whole : normalization->activated(y, mode, *activation);
    i += whole.defined() ? 3 : 2;
  }
  return y;
}

}  // namespace gradus::inline GRADUS_PRECISION
