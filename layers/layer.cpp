#include <gradus/layers/layer.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/names.h>
#include <gradus/layers/initializers.h>

#include <cxxabi.h>
#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <typeinfo>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

struct Layer::State {
  std::string name;
  bool built = false;
  bool trainable = true;
  Shape input_shape;
  Shape output_shape;
  std::vector<std::unique_ptr<Parameter>> parameters;  // the layer's own
  std::vector<std::unique_ptr<Buffer>> buffers;
  std::vector<RegularizedParameter> regularized;
  std::vector<Parameter*> all_parameters;  // with those of the layers within
  std::vector<Buffer*> all_buffers;
  std::vector<NamedTensor*> all_state;
  std::vector<RegularizedParameter> all_regularized;
};

namespace {

thread_local int building = 0;  // depth of nested builds

}  // namespace

Layer::Layer() : state_(std::make_unique<State>()) {}
Layer::Layer(Layer&&) noexcept = default;
Layer& Layer::operator=(Layer&&) noexcept = default;
Layer::~Layer() = default;

Variable Layer::operator()(const Variable& x, Mode mode) {
  if (!state_->built) {
    check<ShapeError>(x.shape().rank() >= 1, "[{}] expected a batch (N, ...), got a single number", name());
    build(x.shape().without_first());
  }
  check_input(x);
  Variable y = forward(x, mode);
  ForwardObserver* const observer = ForwardObserver::current();
  if (observer != nullptr && building == 0) observer->on_output(*this, x, y);
  return y;
}

void Layer::check_input(const Variable& x) const {
  if (state_->parameters.empty() && state_->buffers.empty()) return;
  check<ShapeError>(x.shape().rank() > 0 && x.shape().without_first() == state_->input_shape,
                    "[{}] expected input of shape {} after the batch axis, got {}", name(), state_->input_shape,
                    x.shape());
}

Tensor Layer::predict(const Tensor& inputs) {
  if (!built() && inputs.shape().rank() >= 1) build(inputs.shape().without_first());
  return std::as_const(*this).predict(inputs);
}

Tensor Layer::predict(const Tensor& inputs) const {
  check_built("outputs");
  const StopRecording pause;
  const auto outputs = [this](const Tensor& x) { return unconst()(x, Mode::inference).value(); };
  constexpr Index max_rows = 1024;  // at once: bounds the memory of large inputs
  if (inputs.shape().rank() == 0 || inputs.shape()[0] <= max_rows) return outputs(inputs);
  Tensor result;
  for (Index begin = 0; begin < inputs.shape()[0]; begin += max_rows) {
    const Index end = std::min(begin + max_rows, inputs.shape()[0]);
    const Tensor part = outputs(inputs.rows(begin, end));
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
  name();  // so that nothing is left to be filled in by const functions
  const StopRecording pause;
  struct Depth {
    Depth() { ++building; }
    ~Depth() { --building; }
  } depth;
  state_->parameters.clear();  // left by a build that failed
  state_->buffers.clear();
  state_->regularized.clear();
  state_->input_shape = input_shape;
  create_parameters(input_shape);
  for (const auto& parameter : state_->parameters) parameter->set_trainable(state_->trainable);
  // One row of zeros finds the output's shape, and builds the layers within by calling them.
  state_->output_shape = forward(Tensor::zeros(input_shape.prepend(1)), Mode::inference).shape().without_first();
  state_->built = true;
  collect();
  if (building == 1) assign_names("");
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
  return Parameters(state_->all_parameters);
}

ConstParameters Layer::parameters() const { return unconst().parameters(); }

Buffers Layer::buffers() {
  check_built("buffers");
  return Buffers(state_->all_buffers);
}

ConstBuffers Layer::buffers() const { return unconst().buffers(); }

NamedTensors Layer::state() {
  check_built("state");
  return NamedTensors(state_->all_state);
}

ConstNamedTensors Layer::state() const { return unconst().state(); }

const std::vector<RegularizedParameter>& Layer::regularized() const {
  check_built("regularizers");
  return state_->all_regularized;
}

/// Lists what this layer holds, with what those within hold, which are built before it.
void Layer::collect() {
  State& s = *state_;
  s.all_parameters.clear();
  s.all_buffers.clear();
  for (const auto& parameter : s.parameters) s.all_parameters.push_back(parameter.get());
  for (const auto& buffer : s.buffers) s.all_buffers.push_back(buffer.get());
  s.all_regularized = s.regularized;
  for (const Child& child : children()) {
    const State& within = *child.layer.state_;
    s.all_parameters.insert(s.all_parameters.end(), within.all_parameters.begin(), within.all_parameters.end());
    s.all_buffers.insert(s.all_buffers.end(), within.all_buffers.begin(), within.all_buffers.end());
    s.all_regularized.insert(s.all_regularized.end(), within.all_regularized.begin(), within.all_regularized.end());
  }
  s.all_state.assign(s.all_parameters.begin(), s.all_parameters.end());
  s.all_state.insert(s.all_state.end(), s.all_buffers.begin(), s.all_buffers.end());
}

void Layer::assign_names(const std::string& path) {
  if (!path.empty()) state_->name = path;
  const std::string prefix = path.empty() ? "" : path + ".";
  const auto rename = [&](NamedTensor& tensor) {
    const std::string& full = tensor.name();
    tensor.set_name(prefix + full.substr(full.rfind('.') + 1));
  };
  for (const auto& parameter : state_->parameters) rename(*parameter);
  for (const auto& buffer : state_->buffers) rename(*buffer);
  for (const Child& child : children()) child.layer.assign_names(prefix + child.name);
}

void Layer::set_trainable(bool trainable) {
  state_->trainable = trainable;
  for (const auto& parameter : state_->parameters) parameter->set_trainable(trainable);
  for (const Child& child : children()) child.layer.set_trainable(trainable);
}

std::size_t Layer::set_trainable(std::string_view pattern, bool trainable) {
  std::size_t matches = 0;
  std::vector<std::string> paths;
  for (const auto& [path, layer] : descendants()) {
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

ConstChildren Layer::descendants() const {
  ConstChildren result;
  for (const auto& [path, layer] : unconst().descendants()) result.push_back({path, layer});
  return result;
}

Layer& Layer::layer(std::string_view path) {
  const Children all = descendants();
  return find_name(name(), "layer", path, all, &Child::name)->layer;
}

const Layer& Layer::layer(std::string_view path) const { return unconst().layer(path); }

bool Layer::trainable() const { return state_->trainable; }

Parameter& Layer::add_weight(std::string name, Tensor value, const Regularizer& regularizer) {
  Parameter& parameter =
      *state_->parameters.emplace_back(std::make_unique<Parameter>(std::move(name), std::move(value)));
  if (regularizer.defined()) state_->regularized.push_back({&parameter, regularizer});
  return parameter;
}

Parameter& Layer::add_weight(std::string name, const Shape& shape, std::string_view initializer) {
  const Fans fans = shape.rank() == 2 ? Fans{shape[0], shape[1]} : Fans{shape.size(), shape.size()};
  Tensor value = initial_values(this->name(), initializer, shape, fans);
  return add_weight(std::move(name), std::move(value));
}

Buffer& Layer::add_buffer(std::string name, Tensor value) {
  return *state_->buffers.emplace_back(std::make_unique<Buffer>(std::move(name), std::move(value)));
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
