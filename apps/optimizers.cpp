#include "optimizers.h"

#include <gradus/core/names.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/adaptive/adagrad.h>
#include <gradus/optim/adaptive/nadam.h>
#include <gradus/optim/adaptive/rmsprop.h>
#include <gradus/optim/sgd.h>

using namespace gradus;

namespace {

template <class Settings>
Settings settings(const OptimizerOptions& options) {
  Settings result = options.pytorch ? Settings::pytorch() : Settings{};
  if (options.learning_rate != 0) result.learning_rate = options.learning_rate;
  return result;
}

template <class Type, class Settings>
std::unique_ptr<Optimizer> make(const OptimizerOptions& options) {
  return std::make_unique<Type>(settings<Settings>(options));
}

std::unique_ptr<Optimizer> make_sgd(const OptimizerOptions& options) {
  auto sgd = settings<SGDOptions>(options);
  sgd.momentum = options.momentum;
  return std::make_unique<SGD>(sgd);
}

struct Entry {
  std::string_view name;
  std::unique_ptr<Optimizer> (*make)(const OptimizerOptions& options);
};

constexpr Entry entries[] = {{"adam", make<Adam, AdamOptions>},          {"adamw", make<AdamW, AdamWOptions>},
                             {"nadam", make<NAdam, NAdamOptions>},       {"rmsprop", make<RMSprop, RMSpropOptions>},
                             {"adagrad", make<Adagrad, AdagradOptions>}, {"sgd", make_sgd}};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options) {
  return find_name("optimizer", "optimizer", options.name, entries, &Entry::name)->make(options);
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.emplace_back(entry.name);
  return names;
}
