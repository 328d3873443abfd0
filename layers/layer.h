#pragma once

#include <gradus/autograd/mode.h>
#include <gradus/autograd/variable.h>
#include <gradus/layers/config.h>

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

/// What a network is made of. A layer of one's own overrides `forward` and either `children` (if it is put together
/// from other layers) or `create_parameters` (if it has weights itself):
///
///     class Scale : public Layer {
///      public:
///       Variable forward(const Variable& x, Mode) override { return x * *factor_; }
///      protected:
///       void create_parameters(const Shape& input) override { factor_ = &add_weight("factor", input, "ones"); }
///      private:
///       Parameter* factor_ = nullptr;
///     };
///
/// Parameters are made when the layer is built: by `build`, or by the first call. Layers can be moved, not copied.
class Layer {
 public:
  Layer();
  Layer(Layer&&) noexcept;
  Layer& operator=(Layer&&) noexcept;
  virtual ~Layer();

  /// y = layer(x), x of shape (N, input shape). Builds the layer first if it is not.
  /// Throws ShapeError unless x has the shape that the layer was built for.
  Variable operator()(const Variable& x, Mode mode);

  /// The output in inference mode; nothing is recorded, whatever tape is alive.
  Tensor predict(const Tensor& inputs);

  /// Creates the parameters for samples of this shape (without the batch axis), of this layer and all within. Building
  /// again for the same shape does nothing; for another one it throws StateError.
  void build(const Shape& input_shape);
  bool built() const;
  /// Shapes of one sample, without the batch axis. Throw StateError before the layer is built.
  const Shape& input_shape() const;
  const Shape& output_shape() const;

  /// The weights, or the buffers (moving statistics), of this layer and all within: in order, with dotted names.
  /// Throw StateError before the layer is built.
  Parameters parameters();
  Parameters buffers();
  /// All that a file holds of the layer: the weights, then the buffers.
  Parameters state();

  /// All layers within, each before those within it, by dotted path: "encoder", "encoder.dense", ...
  Children descendants();
  /// The layer of that path. Throws ValueError, suggesting the nearest, if there is none.
  Layer& layer(std::string_view path);

  /// A frozen layer keeps its weights, and its moving statistics too. Children follow.
  void freeze() { set_trainable(false); }
  void unfreeze() { set_trainable(true); }
  void set_trainable(bool trainable);
  bool trainable() const;
  /// The same for all layers within whose path matches, where `*` stands for any text and `?` for any letter:
  /// model.freeze("encoder*"). Returns how many do; throws ValueError, suggesting the nearest path, for none.
  std::size_t freeze(std::string_view pattern) { return set_trainable(pattern, false); }
  std::size_t unfreeze(std::string_view pattern) { return set_trainable(pattern, true); }

  /// Optimizers move the weights of this layer and all within at their learning rate times this, 1 unless set.
  /// Throws ValueError unless 0 <= multiplier < infinity.
  void set_learning_rate_multiplier(double multiplier);

  /// A table: layer, output shape, parameters, trainable or not, totals. Throws StateError before the layer is built.
  std::string summary();

  /// The path in the model that was built with it, such as "encoder.dense_1"; "dense" for a layer on its own.
  const std::string& name() const;
  /// The class, without namespaces: "BatchNormalization".
  virtual std::string type() const;
  /// Type and options, for `make_layer`.
  virtual Config config() const { return {type(), {}, {}}; }
  virtual Children children() { return {}; }

  virtual Variable forward(const Variable& x, Mode mode) = 0;

 protected:
  /// Adds the layer's own weights and buffers for samples of this shape.
  virtual void create_parameters(const Shape& /*input_shape*/) {}

  /// A trainable parameter, with values by the name of an initializer or as given. The reference stays good when the
  /// layer moves.
  Parameter& add_weight(std::string name, const Shape& shape, std::string_view initializer);
  Parameter& add_weight(std::string name, Tensor value);
  Parameter& add_buffer(std::string name, Tensor value);

  /// Throws ShapeError unless x is a batch of samples of this shape.
  void check_samples(const Variable& x, const Shape& expected) const;

 private:
  struct State;
  void assign_names(const std::string& prefix);
  void collect(std::vector<Parameter*>& weights, std::vector<Parameter*>& buffers);
  void pack();
  void check_built(std::string_view what) const;
  std::size_t set_trainable(std::string_view pattern, bool trainable);

  std::unique_ptr<State> state_;
};

/// While alive, is told of the output of every layer that is called on this thread (not by `build`), inner layers
/// before those that contain them: for statistics of activations, or to find where numbers stop being finite. The
/// newest one listens.
class ForwardObserver {
 public:
  ForwardObserver();
  virtual ~ForwardObserver();
  ForwardObserver(const ForwardObserver&) = delete;
  ForwardObserver& operator=(const ForwardObserver&) = delete;

  virtual void on_output(Layer& layer, const Variable& x, const Variable& y) = 0;

 private:
  ForwardObserver* previous_;
};

/// "BatchNormalization" -> "batch_normalization".
std::string snake_case(std::string_view camel_case);

}  // namespace gradus::inline GRADUS_PRECISION
