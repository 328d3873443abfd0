#pragma once

#include <gradus/core/real.h>

#include <cstdint>
#include <string>
#include <vector>

/// The options of the command line of `mnist`.
struct Options {
  // data
  std::string data;  // folder; empty: the built-in sample
  bool fashion = false;
  // network
  std::string network = "mlp";        // or conv
  std::vector<gradus::Index> hidden;  // empty: {256, 128}; conv: {128}
  std::string activation = "relu";
  std::string norm = "batch";
  std::string initializer = "glorot_uniform";
  bool pytorch = false;  // conventions for initial weights, normalizations and optimizers
  double dropout = 0.2;
  // training
  std::string optimizer = "adam";
  double learning_rate = 0;  // 0: the default of the optimizer
  double momentum = 0;
  std::string schedule = "constant";  // of the learning rate, or cosine
  bool augment = false;
  int epochs = 10;
  gradus::Index steps = 0;  // 0: as many as the epochs have
  gradus::Index batch_size = 64;
  std::uint64_t seed = 42;
  int seeds = 1;
  int threads = 0;  // 0: all cores
  bool profile = false;
  bool compare = false;
  bool doctor = false;
  bool fix = false;
  // output
  gradus::Index evaluate_every = 0;  // steps; 0: 20 times in total
  std::string log;
  std::string report;
  std::string save;
  std::string checkpoint;  // folder
  bool resume = false;
  bool verify_resume = false;
  // a trained model
  std::string predict;
  std::string images;
};

/// Parses the command line. Ends the program after --help, --version and wrong arguments.
Options parse_options(int argc, char** argv);
