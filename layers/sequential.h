#pragma once

#include <gradus/layers/layer.h>

#include <concepts>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct ActivationFunction;
class BatchNormalization;
class FollowsNormalization;

/// Layers one after the other. Starts with an Input to be built at once, otherwise the first batch builds it.
/// Sequentials nest. Layers are named by type and number: dense, batch_normalization, dense_1, ...
class Sequential : public Layer {
 public:
  Sequential() = default;
  template <class... Layers>
  requires(sizeof...(Layers) > 0 && (std::derived_from<Layers, Layer> && ...) &&
           !(sizeof...(Layers) == 1 &&
             (std::same_as<Layers, Sequential> && ...))) explicit Sequential(Layers&&... layers) {
    (append(std::make_unique<Layers>(std::move(layers))), ...);
    build_if_input_is_known();
  }
  explicit Sequential(std::vector<std::unique_ptr<Layer>> layers);

  /// Appends a layer and returns the model: model.add(Dense{32}).add(Dense{10}). Once the model is built, by an Input
  /// or a batch, the layer is built too, and lists made by `parameters()` before do not have it. Throws StateError if
  /// the model is built within another one; if it throws, the model is as before.
  Sequential& add(std::unique_ptr<Layer> layer);
  template <std::derived_from<Layer> L>
  Sequential& add(L layer) {
    return add(std::make_unique<L>(std::move(layer)));
  }
  std::size_t size() const { return layers_.size(); }
  /// Layer i, from 0 on.
  Layer& operator[](std::size_t i);
  const Layer& operator[](std::size_t i) const;

  Children children() override;
  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;

 private:
  /// What is computed in one pass: a batch normalization, the activation behind it, and perhaps the layer after that.
  struct Run {
    BatchNormalization* normalization = nullptr;
    const ActivationFunction* activation = nullptr;
    FollowsNormalization* last = nullptr;
  };

  void append(std::unique_ptr<Layer> layer);
  void build_if_input_is_known();
  /// Adds the last layer to the run of those before it.
  void extend_run();

  std::vector<std::unique_ptr<Layer>> layers_;
  std::vector<Run> runs_;  // of each layer, empty where it begins none
  std::vector<std::string> names_;
  std::unordered_map<std::string, Index> same_type_;  // layers of each type
};

}  // namespace gradus::inline GRADUS_PRECISION
