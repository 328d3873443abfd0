// The training step of `bench mlp` in libtorch. Prints the median time per step in milliseconds.
// usage: torch_mlp BATCH INPUTS WIDTH,WIDTH,... relu|tanh none|batch sgd|adam THREADS STEPS
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 9) {
    std::fprintf(stderr, "usage: torch_mlp BATCH INPUTS WIDTH,... relu|tanh none|batch sgd|adam THREADS STEPS\n");
    return 2;
  }
  const long batch = std::stol(argv[1]);
  const std::string activation = argv[4], norm = argv[5], optimizer_name = argv[6];
  const int steps = std::stoi(argv[8]);
  at::set_num_threads(std::stoi(argv[7]));

  torch::nn::Sequential model;
  long width = std::stol(argv[2]);
  const auto x = torch::randn({batch, width});
  std::stringstream widths(argv[3]);
  for (std::string next; std::getline(widths, next, ',');) {
    model->push_back(torch::nn::Linear(width, std::stol(next)));
    width = std::stol(next);
    if (norm == "batch") model->push_back(torch::nn::BatchNorm1d(width));
    if (activation == "relu") model->push_back(torch::nn::ReLU());
    if (activation == "tanh") model->push_back(torch::nn::Tanh());
  }
  model->push_back(torch::nn::Linear(width, 10));
  const auto labels = torch::randint(10, {batch}, torch::kLong);

  std::unique_ptr<torch::optim::Optimizer> optimizer;
  if (optimizer_name == "adam") {
    optimizer = std::make_unique<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(1e-3));
  } else {
    optimizer = std::make_unique<torch::optim::SGD>(model->parameters(), torch::optim::SGDOptions(0.01).momentum(0.9));
  }

  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  for (int step = 0; step < steps; ++step) {
    const auto start = Clock::now();
    optimizer->zero_grad();
    torch::nn::functional::cross_entropy(model->forward(x), labels).backward();
    optimizer->step();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  times.erase(times.begin(), times.begin() + steps / 5);  // as bench does
  std::nth_element(times.begin(), times.begin() + static_cast<long>(times.size()) / 2, times.end());
  std::printf("%.5f\n", times[times.size() / 2]);
}
