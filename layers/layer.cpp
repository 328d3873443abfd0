#include <gradus/layers/layer.h>

#include <gradus/autograd/tape.h>
#include <gradus/layers/initializers.h>

#include <cxxabi.h>
#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <typeinfo>

namespace gradus::inline GRADUS_PRECISION {

struct Layer::State {
  std::string name;
  bool built = false;
  bool trainable = true;
  double learning_rate_multiplier = 1;
  Shape input_shape;
  Shape output_shape;
  std::vector<std::unique_ptr<Parameter>> weights;  // the layer's own
  std::vector<std::unique_ptr<Parameter>> buffers;
  std::vector<Parameter*> all_weights;  // with those of all children; collected on first use
  std::vector<Parameter*> all_buffers;
  std::vector<Parameter*> everything;
  bool collected = false;
};

namespace {

thread_local int building = 0;  // depth of nested builds
thread_local ForwardObserver* current_observer = nullptr;

}  // namespace

ForwardObserver::ForwardObserver() : previous_(std::exchange(current_observer, this)) {}
ForwardObserver::~ForwardObserver() { current_observer = previous_; }

Layer::Layer() : state_(std::make_unique<State>()) {}
Layer::Layer(Layer&&) noexcept = default;
Layer& Layer::operator=(Layer&&) noexcept = default;
Layer::~Layer() = default;

Variable Layer::operator()(const Variable& x, Mode mode) {
  if (!state_->built) {
    check<ShapeError>(x.shape().rank() >= 1, "[{}] expected a batch (N, ...), got a single number", name());
    build(x.shape().without_first());
  }
  if (!state_->weights.empty() || !state_->buffers.empty()) check_samples(x, state_->input_shape);
  Variable y = forward(x, mode);
  if (current_observer != nullptr && building == 0) current_observer->on_output(*this, x, y);
  return y;
}

void Layer::check_samples(const Variable& x, const Shape& expected) const {
  check<ShapeError>(x.shape().rank() > 0 && x.shape().without_first() == expected,
                    "[{}] expected input of shape {} after the batch axis, got {}", name(), expected, x.shape());
}

Tensor Layer::predict(const Tensor& inputs) {
  const StopRecording pause;
  constexpr Index rows_at_once = 1024;  // bounds the memory of large inputs
  if (inputs.shape().rank() == 0 || inputs.shape()[0] <= rows_at_once) return (*this)(inputs, Mode::inference).value();
  Tensor result;
  for (Index begin = 0; begin < inputs.shape()[0]; begin += rows_at_once) {
    const Index end = std::min(begin + rows_at_once, inputs.shape()[0]);
    const Tensor part = (*this)(inputs.rows(begin, end), Mode::inference).value();
    if (!result.defined()) result = Tensor::empty(part.shape().with(0, inputs.shape()[0]));
    result.rows(begin, end).copy_from(part);
  }
  return result;
}

void Layer::build(const Shape& input_shape) {
  if (state_->built) {
    check<StateError>(state_->input_shape == input_shape,
                      "[{}] expected to be built once, for input of shape {}, got {}; "
                      "make a new layer for another shape",
                      name(), state_->input_shape, input_shape);
    return;
  }
  const StopRecording pause;
  struct Depth {
    Depth() { ++building; }
    ~Depth() { --building; }
  } depth;
  state_->weights.clear();  // left by a build that failed
  state_->buffers.clear();
  state_->input_shape = input_shape;
  create_parameters(input_shape);
  for (const auto& weight : state_->weights) {
    weight->set_trainable(state_->trainable);
    weight->set_learning_rate_multiplier(state_->learning_rate_multiplier);
  }
  // One row of zeros finds the output's shape, and builds the layers within by calling them.
  state_->output_shape = forward(Tensor::zeros(input_shape.prepend(1)), Mode::inference).shape().without_first();
  state_->built = true;
  if (building == 1) {
    assign_names("");
    pack();
  }
}

bool Layer::built() const { return state_->built; }

const Shape& Layer::input_shape() const {
  check_built("an input shape");
  return state_->input_shape;
}

const Shape& Layer::output_shape() const {
  check_built("an output shape");
  return state_->output_shape;
}

void Layer::check_built(std::string_view what) const {
  check<StateError>(state_->built,
                    "[{}] expected a layer that is built, which has {}, got one that is not; start the "
                    "Sequential with Input{{{{...}}}}, or call build(shape) or the layer itself first",
                    name(), what);
}

Parameters Layer::parameters() {
  check_built("parameters");
  if (!state_->collected) {
    collect(state_->all_weights, state_->all_buffers);
    state_->everything = state_->all_weights;
    state_->everything.insert(state_->everything.end(), state_->all_buffers.begin(), state_->all_buffers.end());
    state_->collected = true;
  }
  return Parameters(state_->all_weights);
}

Parameters Layer::buffers() {
  parameters();
  return Parameters(state_->all_buffers);
}

Parameters Layer::state() {
  parameters();
  return Parameters(state_->everything);
}

void Layer::collect(std::vector<Parameter*>& weights, std::vector<Parameter*>& buffers) {
  for (const auto& weight : state_->weights) weights.push_back(weight.get());
  for (const auto& buffer : state_->buffers) buffers.push_back(buffer.get());
  for (const Child& child : children()) child.layer.collect(weights, buffers);
}

void Layer::assign_names(const std::string& path) {
  if (!path.empty()) state_->name = path;
  const std::string prefix = path.empty() ? "" : path + ".";
  for (const auto* list : {&state_->weights, &state_->buffers}) {
    for (const auto& parameter : *list) {
      const std::string& full = parameter->name();
      parameter->set_name(prefix + full.substr(full.rfind('.') + 1));
    }
  }
  for (const Child& child : children()) child.layer.assign_names(prefix + child.name);
}

/// Puts all values into one buffer and all gradients into another, so that an optimizer's step is one pass.
void Layer::pack() {
  constexpr Index cache_line = 64 / sizeof(Real);
  const auto padded = [](Index size) { return (size + cache_line - 1) / cache_line * cache_line; };
  Index total = 0;
  for (const Parameter& weight : parameters()) total += padded(weight.value().size());
  const Tensor values = Tensor::zeros({total});
  const Tensor gradients = Tensor::zeros({total});
  Index offset = 0;
  for (Parameter& weight : parameters()) {
    weight.move_to(values.window(offset, weight.shape()), gradients.window(offset, weight.shape()));
    offset += padded(weight.value().size());
  }
}

void Layer::set_trainable(bool trainable) {
  state_->trainable = trainable;
  for (const auto& weight : state_->weights) weight->set_trainable(trainable);
  for (const Child& child : children()) child.layer.set_trainable(trainable);
}

std::size_t Layer::set_trainable(std::string_view pattern, bool trainable) {
  const Children all = descendants();
  std::size_t matches = 0;
  std::vector<std::string_view> paths;
  for (const auto& [path, layer] : all) {
    paths.push_back(path);
    if (fnmatch(std::string(pattern).c_str(), path.c_str(), FNM_NOESCAPE) != 0) continue;
    layer.set_trainable(trainable);
    ++matches;
  }
  check(matches > 0, "[{}] {}", name(), unknown_name("layer", pattern, paths));
  return matches;
}

Children Layer::descendants() {
  Children result;
  for (const auto& [name, layer] : children()) {
    result.push_back({name, layer});
    for (const auto& [path, within] : layer.descendants()) result.push_back({name + "." + path, within});
  }
  return result;
}

Layer& Layer::layer(std::string_view path) {
  const Children all = descendants();
  std::vector<std::string_view> paths;
  for (const auto& [known, layer] : all) {
    if (known == path) return layer;
    paths.push_back(known);
  }
  throw ValueError(fmt::format("[{}] {}", name(), unknown_name("layer", path, paths)));
}

bool Layer::trainable() const { return state_->trainable; }

void Layer::set_learning_rate_multiplier(double multiplier) {
  check(multiplier >= 0 && std::isfinite(multiplier),
        "[{}] expected a finite learning rate multiplier, at least 0, got {}", name(), multiplier);
  state_->learning_rate_multiplier = multiplier;
  for (const auto& weight : state_->weights) weight->set_learning_rate_multiplier(multiplier);
  for (const Child& child : children()) child.layer.set_learning_rate_multiplier(multiplier);
}

Parameter& Layer::add_weight(std::string name, Tensor value) {
  return *state_->weights.emplace_back(std::make_unique<Parameter>(std::move(name), std::move(value)));
}

Parameter& Layer::add_weight(std::string name, const Shape& shape, std::string_view initializer) {
  const Fans fans = shape.rank() == 2 ? Fans{shape[0], shape[1]} : Fans{shape.size(), shape.size()};
  Tensor value = initial_values(this->name(), initializer, shape, fans);
  return add_weight(std::move(name), std::move(value));
}

Parameter& Layer::add_buffer(std::string name, Tensor value) {
  return *state_->buffers.emplace_back(
      std::make_unique<Parameter>(std::move(name), std::move(value), Parameter::Kind::buffer));
}

const std::string& Layer::name() const {
  if (state_->name.empty()) state_->name = snake_case(type());
  return state_->name;
}

std::string Layer::type() const {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(
      abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status), std::free);
  const std::string full = status == 0 ? demangled.get() : typeid(*this).name();
  const std::size_t colon = full.rfind(':');
  return colon == std::string::npos ? full : full.substr(colon + 1);
}

std::string snake_case(std::string_view camel_case) {
  const auto upper = [&](std::size_t i) { return std::isupper(static_cast<unsigned char>(camel_case[i])) != 0; };
  std::string result;
  for (std::size_t i = 0; i < camel_case.size(); ++i) {
    const bool starts_word = i > 0 && upper(i) && (!upper(i - 1) || (i + 1 < camel_case.size() && !upper(i + 1)));
    if (starts_word) result += '_';
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(camel_case[i])));
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
