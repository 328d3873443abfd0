#pragma once

#include <gradus/autograd/mode.h>
#include <gradus/autograd/variable.h>
#include <gradus/core/archive.h>
#include <gradus/core/scope.h>
#include <gradus/layers/config.h>
#include <gradus/layers/regularizer.h>

#include <memory>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

class Layer;

/// A layer inside another, by the name it has there.
struct Child {
  std::string name;
  Layer& layer;
};
using Children = std::vector<Child>;

/// A part of a network. A layer of your own overrides `forward` and either `children` (if it is made of other layers)
/// or `create_parameters` (if it has weights itself):
///
///     class Scale : public Layer {
///      protected:
///       Variable forward(const Variable& x, Mode) override { return x * *factor_; }
///       void create_parameters(const Shape& input) override { factor_ = &add_weight("factor", input, "ones"); }
///      private:
///       Parameter* factor_ = nullptr;
///     };
///
/// Parameters are made when the layer is built: by `build`, or by the first call. Layers can be moved, not copied.
///
/// Several threads: the const functions of a built layer may run at the same time, `predict` among them.
class Layer {
 public:
  Layer();
  Layer(Layer&&) noexcept;
  Layer& operator=(Layer&&) noexcept;
  virtual ~Layer();

  /// y = layer(x), x of shape (N, input shape). Builds the layer first if it is not built.
  /// Throws ShapeError unless x has the shape that the layer was built for, StateError if a layer of your own calls
  /// this one, which has weights that are not frozen, and does not list it in children().
  Variable operator()(const Variable& x, Mode mode);

  /// The output in inference mode, without recording, whatever tape is alive.
  /// Throws ShapeError as above. A const layer has to be built: else StateError.
  Tensor predict(const Tensor& inputs);
  Tensor predict(const Tensor& inputs) const;

  /// Creates the parameters for samples of this shape (without the batch axis), of this layer and all within. Building
  /// again for the same shape does nothing; for another one it throws StateError.
  void build(const Shape& input_shape);
  bool built() const;
  /// Shapes of one sample, without the batch axis. Throw StateError before the layer is built.
  const Shape& input_shape() const;
  const Shape& output_shape() const;

  /// The parameters, or the buffers (moving statistics), of this layer and all within, in order, with dotted names.
  /// Throw StateError before the layer is built.
  Parameters parameters();
  ConstParameters parameters() const;
  Buffers buffers();
  ConstBuffers buffers() const;
  /// What a file holds of the layer: the parameters, then the buffers.
  NamedTensors state();
  ConstNamedTensors state() const;
  /// The parameters that have a regularizer, with it. See `regularization`.
  const std::vector<RegularizedParameter>& regularized() const;

  /// Weights and buffers, and what of the layer, of the layers within and of their parameters is frozen.
  void visit_state(Archive& archive);

  /// All layers within, each before those within it, by dotted path: "encoder", "encoder.dense", ... A layer that is
  /// there several times, with shared weights, has the first of its paths.
  Children descendants() const;
  /// The layer of that path. Throws ValueError, suggesting the nearest, if there is none.
  Layer& layer(std::string_view path);
  const Layer& layer(std::string_view path) const;

  /// A frozen layer keeps its weights, and its moving statistics too. The layers within follow.
  void freeze() { set_trainable(false); }
  void unfreeze() { set_trainable(true); }
  void set_trainable(bool trainable);
  bool trainable() const;
  /// The same for all layers within whose path matches, where `*` stands for any text and `?` for any letter:
  /// model.freeze("encoder*"). Returns how many do; throws ValueError, suggesting the nearest path, for none.
  std::size_t freeze(std::string_view pattern) { return set_trainable(pattern, false); }
  std::size_t unfreeze(std::string_view pattern) { return set_trainable(pattern, true); }

  /// A table: layer, output shape, parameters, trainable or not, totals. Throws StateError before the layer is built.
  std::string summary() const;

  /// The path in the model that was built with it, such as "encoder.dense_1"; "dense" for a layer on its own.
  const std::string& name() const;
  /// The class, without namespaces: "BatchNormalization", "Residual<Dense>".
  virtual std::string type() const;
  /// Type and options, for `make_layer`.
  virtual Config config() const { return {type(), {}, {}}; }
  /// The layers within, by the names they have here.
  virtual Children children() { return {}; }

 protected:
  /// Computes the output. In inference mode it changes nothing. Called by the layer itself, after its checks.
  virtual Variable forward(const Variable& x, Mode mode) = 0;

  /// Adds the layer's own parameters and buffers for samples of this shape.
  virtual void create_parameters(const Shape& /*input_shape*/) {}

  /// Throws ShapeError unless x is a batch of samples of this shape.
  void check_input(const Variable& x, const Shape& sample) const;

  /// Throws StateError, naming the function, for a layer within another one, which is built.
  void check_extensible(std::string_view what) const;
  /// Takes in `last`, which children() lists now and which is built for the output of this layer, a built one.
  void extend(Layer& last);

  /// A parameter, with values as given or by the name of an initializer. The reference stays valid when the layer
  /// moves.
  Parameter& add_weight(std::string name, Tensor value, const Regularizer& regularizer = {});
  Parameter& add_weight(std::string name, const Shape& shape, std::string_view initializer);
  Buffer& add_buffer(std::string name, Tensor value);

 private:
  struct State;
  /// Throws StateError for a layer that was moved from.
  State& own() const;
  /// Calls body(path, layer) for this layer, with the path "", and for all within.
  template <class Body>
  void for_each_layer(Body body);
  void assign_names();
  void collect();
  /// Throws StateError, naming what it has not, for a layer that is not built.
  State& built_state(std::string_view what) const;
  void check_listed();
  std::size_t set_trainable(std::string_view pattern, bool trainable);
  // Where a const function calls one that derived classes declare without const, and that changes nothing.
  Layer& unconst() const { return const_cast<Layer&>(*this); }

  std::unique_ptr<State> state_;
};

/// While alive, is told of the output of every layer that is called on this thread (not by `build`), inner layers
/// before those that contain them: for statistics of activations, or to find where numbers stop being finite. The
/// newest one listens.
class ForwardObserver : public Scope<ForwardObserver> {
 public:
  virtual ~ForwardObserver() = default;
  virtual void on_output(Layer& layer, const Variable& x, const Variable& y) = 0;
};

/// Throws StateError, with [context], unless the model has a trainable parameter.
void check_trainable(std::string_view context, const Layer& model);
/// Throws StateError, with [context], if the tape has met a parameter that `parameters()` of the model does not hold.
void check_listed(std::string_view context, Layer& model, const class GradientTape& tape);

/// "BatchNormalization" -> "batch_normalization", "Residual<Dense>" -> "residual_dense".
std::string snake_case(std::string_view camel_case);

}  // namespace gradus::inline GRADUS_PRECISION
