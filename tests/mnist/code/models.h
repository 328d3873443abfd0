#pragma once

#include <gradus/gradus.h>

#include <vector>

/// Every layer that the factory knows, with and without options.
inline std::vector<gradus::Sequential> models_with_options() {
  using namespace gradus;
  std::vector<Sequential> models;
  models.push_back(Sequential{Input{{784}}, Standardize{}, Dense{32, {.use_bias = false}}, BatchNormalization{},
                              Activation{"relu"}, Dropout{0.25}, Dense{10}});
  models.push_back(Sequential{Input{{4, 7}}, Flatten{},
                              Dense{3,
                                    {.activation = "gelu",
                                     .kernel_initializer = "random_normal(0.3)",
                                     .bias_initializer = "ones",
                                     .kernel_regularizer = {.l2 = 0.001},
                                     .bias_regularizer = {.l1 = 0.25, .l2 = 1e-7}}},
                              Sequential{LayerNormalization{{.epsilon = 1.0 / 3, .center = false}}, Activation{"tanh"},
                                         Sequential{RMSNormalization{}, Dense{1}}}});
  models.push_back(
      Sequential{Input{{6}}, BatchNormalization{{.momentum = std::nullopt, .epsilon = 1e-5, .scale = false}}, Dense{4},
                 BatchRenormalization{}, Dense{4},
                 BatchRenormalization{{.batch = {.momentum = 0.9, .epsilon = 0.01}, .rmax = 2, .renorm_momentum = 0.8}},
                 Dense{4}, BatchRenormalization{{.batch = BatchNormalizationOptions::pytorch(), .dmax = 1}}});
  models.push_back(Sequential{
      Input{{8, 8, 4}}, Conv2D{8, 3}, GroupNormalization{{.groups = 2}}, MaxPooling2D{},
      Conv2D{4, {1, 3}, {.strides = {1, 2}, .padding = "same", .activation = "relu", .use_bias = false}},
      InstanceNormalization{}, UpSampling2D{{2, 3}}, DepthwiseConv2D{3, {.padding = "same", .dilation_rate = 2}},
      UpSampling2D{}, AveragePooling2D{{3, 2}, {.strides = 1, .count_padding = true}}, GlobalAveragePooling2D{}});
  models.push_back(Sequential{Input{{12}}, Reshape{{3, 4, 1}}, AveragePooling2D{2, {.padding = "same"}},
                              MaxPooling2D{1, {.strides = 2}}, GlobalMaxPooling2D{}});
  return models;
}
