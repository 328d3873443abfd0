#include <gradus/layers/layer.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/names.h>
#include <gradus/layers/initializers.h>

#include <fnmatch.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

struct Layer::State {
  std::string name;
  bool built = false;
  bool listed = false;  // in the children of another layer
  bool trainable = true;
  Shape input_shape;
  Shape output_shape;
  std::vector<std::unique_ptr<Parameter>> parameters;  // the layer's own
  std::vector<std::unique_ptr<Buffer>> buffers;
  std::vector<RegularizedParameter> regularized;
  Parameters all_parameters;  // with those of the layers within
  Buffers all_buffers;
  NamedTensors all_state;
  std::vector<RegularizedParameter> all_regularized;
};

namespace {

/// A call of a layer, or its build.
struct Call {
  const Layer* layer = nullptr;  // null: what it calls need not be listed
  int builds = 0;                // nested ones
};
thread_local Call current;  // the innermost of this thread

/// Makes a call the current one while alive.
struct CallScope {
  explicit CallScope(const Call& call) : outer(std::exchange(current, call)) {}
  ~CallScope() { current = outer; }
  const Call outer;
};

/// Adds the layers within, each once, by the first path that leads to it.
void add_descendants(Layer& layer, const std::string& prefix, std::unordered_set<const Layer*>& seen,
                     Children& result) {
  for (const auto& [name, child] : layer.children()) {
    if (!seen.insert(&child).second) continue;
    const std::string path = fmt::format("{}{}", prefix, name);
    result.push_back({path, child});
    add_descendants(child, fmt::format("{}.", path), seen, result);
  }
}

}  // namespace

Layer::Layer() : state_(std::make_unique<State>()) {}
Layer::Layer(Layer&&) noexcept = default;
Layer& Layer::operator=(Layer&&) noexcept = default;
Layer::~Layer() = default;

Layer::State& Layer::own() const {
  check<StateError>(state_ != nullptr, "[layer] expected a layer, got one that was moved from");
  return *state_;
}

Variable Layer::operator()(const Variable& x, Mode mode) {
  check<StateError>(x.defined(), "[{}] expected a batch (N, ...), got an empty variable", name());
  if (!own().built) {
    check<ShapeError>(x.shape().rank() >= 1, "[{}] expected a batch (N, ...), got a single number", name());
    build(x.shape().without_first());
  }
  check_listed();
  const State& s = *state_;
  if (!s.parameters.empty() || !s.buffers.empty()) check_input(x, s.input_shape);
  Variable y = [&] {
    const CallScope call({this, current.builds});
    return forward(x, mode);
  }();
  ForwardObserver* const observer = ForwardObserver::current();
  if (observer != nullptr && current.builds == 0) observer->on_output(*this, x, y);
  return y;
}

void Layer::check_input(const Variable& x, const Shape& sample) const {
  const Shape& shape = x.shape();
  if (shape == sample) {
    const std::string with_batch_axis = to_string(sample.prepend(1));
    throw ShapeError(
        fmt::format("[{}] expected a batch of samples of shape {}, got one sample without the batch axis; "
                    "use reshape({{{}}})",
                    name(), sample, with_batch_axis.substr(1, with_batch_axis.size() - 2)));
  }
  if (shape.rank() > 0 && shape.without_first() == sample) return;
  throw ShapeError(fmt::format("[{}] expected input of shape {} after the batch axis, got {}", name(), sample, shape));
}

/// What this layer holds is trained and saved only if the layer that calls it lists it.
void Layer::check_listed() {
  State& s = own();
  const Layer* const caller = current.layer;
  if (caller == nullptr || s.listed || !s.trainable || s.all_state.size() == 0) return;
  const Children others = caller->descendants();
  s.listed = std::ranges::any_of(others, [this](const Child& child) { return &child.layer == this; });
  check<StateError>(s.listed,
                    "[{}] expected forward to call layers that children() lists, got '{}' ({}), which it does not: its "
                    "weights would be neither trained nor saved; add it to children(), or freeze it",
                    caller->name(), name(), type());
}

Tensor Layer::predict(const Tensor& inputs) {
  if (!built() && Variable(inputs).shape().rank() >= 1) build(inputs.shape().without_first());
  return std::as_const(*this).predict(inputs);
}

Tensor Layer::predict(const Tensor& inputs) const {
  built_state("outputs");
  const StopRecording pause;
  const CallScope call({nullptr, current.builds});  // a fixed model within another one is not its child
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
  if (own().built) {
    check<StateError>(own().input_shape == input_shape,
                      "[{}] expected to be built once, for input of shape {}, got {}; "
                      "make a new layer for another shape",
                      name(), own().input_shape, input_shape);
    return;
  }
  name();  // so that nothing is left to be filled in by const functions
  const StopRecording pause;
  const CallScope call({this, current.builds + 1});
  own().parameters.clear();  // left by a build that failed
  own().buffers.clear();
  own().regularized.clear();
  own().input_shape = input_shape;
  create_parameters(input_shape);
  for (const auto& parameter : own().parameters) parameter->set_trainable(own().trainable);
  for (const Child& child : children()) child.layer.own().listed = true;
  // One row of zeros finds the output's shape, and builds the layers within by calling them.
  own().output_shape = forward(Tensor::zeros(input_shape.prepend(1)), Mode::inference).shape().without_first();
  own().built = true;
  collect();
  if (current.builds == 1) assign_names();
}

void Layer::check_extensible(std::string_view what) const {
  check<StateError>(!own().listed,
                    "[{}] expected {} on a model that no other one holds, got one within another, which is built; "
                    "call it before that model is built, or make a new one",
                    name(), what);
}

void Layer::extend(Layer& last) {
  last.own().listed = true;
  own().output_shape = last.output_shape();
  collect();
  assign_names();
}

bool Layer::built() const { return own().built; }

const Shape& Layer::input_shape() const { return built_state("an input shape").input_shape; }
const Shape& Layer::output_shape() const { return built_state("an output shape").output_shape; }

Layer::State& Layer::built_state(std::string_view what) const {
  check<StateError>(own().built,
                    "[{}] expected a layer that is built, which has {}, got one that is not; start the "
                    "Sequential with Input{{{{...}}}}, or call build(shape) or the layer itself first",
                    name(), what);
  return own();
}

Parameters Layer::parameters() { return built_state("parameters").all_parameters; }
ConstParameters Layer::parameters() const { return unconst().parameters(); }

Buffers Layer::buffers() { return built_state("buffers").all_buffers; }
ConstBuffers Layer::buffers() const { return unconst().buffers(); }

NamedTensors Layer::state() { return built_state("state").all_state; }
ConstNamedTensors Layer::state() const { return unconst().state(); }

const std::vector<RegularizedParameter>& Layer::regularized() const {
  return built_state("regularizers").all_regularized;
}

/// Lists what this layer holds, with what those within hold, which are built before it.
void Layer::collect() {
  State& s = own();
  std::vector<Parameter*> parameters;
  std::vector<Buffer*> buffers;
  s.all_regularized.clear();
  for_each_layer([&](const std::string&, Layer& layer) {
    const State& from = layer.own();
    for (const auto& parameter : from.parameters) parameters.push_back(parameter.get());
    for (const auto& buffer : from.buffers) buffers.push_back(buffer.get());
    s.all_regularized.insert(s.all_regularized.end(), from.regularized.begin(), from.regularized.end());
  });
  std::vector<NamedTensor*> state(parameters.begin(), parameters.end());
  state.insert(state.end(), buffers.begin(), buffers.end());
  s.all_parameters = Parameters(std::move(parameters));
  s.all_buffers = Buffers(std::move(buffers));
  s.all_state = NamedTensors(std::move(state));
}

void Layer::assign_names() {
  for_each_layer([](const std::string& path, Layer& layer) {
    State& s = layer.own();
    if (!path.empty()) s.name = path;
    const auto rename = [&](auto& tensor) {
      const std::string& full = tensor.name();
      tensor.set_name((path.empty() ? "" : path + ".") + full.substr(full.rfind('.') + 1));
    };
    for (const auto& parameter : s.parameters) rename(*parameter);
    for (const auto& buffer : s.buffers) rename(*buffer);
  });
}

void Layer::set_trainable(bool trainable) {
  for_each_layer([trainable](const std::string&, Layer& layer) {
    layer.own().trainable = trainable;
    for (const auto& parameter : layer.own().parameters) parameter->set_trainable(trainable);
  });
}

// NOLINTNEXTLINE(*-member-function-const): it changes the layers within
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

template <class Body>
void Layer::for_each_layer(Body body) {
  body(std::string(), *this);
  for (const auto& [path, layer] : descendants()) body(path, layer);
}

void Layer::visit_state(Archive& archive) {
  for_each_layer([&archive](const std::string& path, Layer& layer) {
    State& s = layer.own();
    archive(path + ".trainable", s.trainable);
    for (const auto& parameter : s.parameters) {
      bool trainable = parameter->trainable();
      archive(parameter->name(), parameter->value())(parameter->name() + ".trainable", trainable);
      parameter->set_trainable(trainable);
    }
    for (const auto& buffer : s.buffers) archive(buffer->name(), buffer->value());
  });
}

Children Layer::descendants() const {
  Children result;
  std::unordered_set<const Layer*> seen{this};
  add_descendants(unconst(), "", seen, result);
  return result;
}

// NOLINTNEXTLINE(*-member-function-const): it gives write access
Layer& Layer::layer(std::string_view path) {
  const Children all = descendants();
  return find_name(name(), "layer", path, all, &Child::name)->layer;
}

const Layer& Layer::layer(std::string_view path) const { return unconst().layer(path); }

bool Layer::trainable() const { return own().trainable; }

Parameter& Layer::add_weight(std::string name, Tensor value, const Regularizer& regularizer) {
  Parameter& parameter = *own().parameters.emplace_back(std::make_unique<Parameter>(std::move(name), std::move(value)));
  if (regularizer.defined()) own().regularized.push_back({&parameter, regularizer});
  return parameter;
}

Parameter& Layer::add_weight(std::string name, const Shape& shape, std::string_view initializer) {
  const Fans fans = shape.rank() == 2 ? Fans{shape[0], shape[1]} : Fans{shape.size(), shape.size()};
  Tensor value = initial_values(this->name(), initializer, shape, fans);
  return add_weight(std::move(name), std::move(value));
}

Buffer& Layer::add_buffer(std::string name, Tensor value) {
  return *own().buffers.emplace_back(std::make_unique<Buffer>(std::move(name), std::move(value)));
}

void check_trainable(std::string_view context, const Layer& model) {
  const ConstParameters parameters = model.parameters();
  check<StateError>(std::ranges::any_of(parameters, &Parameter::trainable),
                    "[{}] expected a model with trainable parameters, got '{}', {}", context, model.name(),
                    parameters.size() > 0 ? "whose parameters are all frozen; call unfreeze()"
                                          : "which has no parameters; list the layers that it holds in children()");
}

void check_listed(std::string_view context, Layer& model, const GradientTape& tape) {
  const std::vector<std::string> others = tape.parameters_besides(model.parameters());
  if (others.empty()) return;
  throw StateError(
      fmt::format("[{}] expected a loss of parameters of the model, got '{}', which nothing would move; "
                  "list its layer in children() and build it in create_parameters, or make it by add_weight",
                  context, others.front()));
}

const std::string& Layer::name() const {
  if (own().name.empty()) own().name = snake_case(type());
  return own().name;
}

}  // namespace gradus::inline GRADUS_PRECISION
