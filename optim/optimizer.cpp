#include <gradus/optim/optimizer.h>

#include <gradus/core/parallel.h>
#include <gradus/optim/segments.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr double highest_learning_rate = 1000;
constexpr double nanoseconds_per_weight = 0.25;

}  // namespace

Optimizer::Optimizer(std::string name, std::size_t slots, double learning_rate, double weight_decay, bool decay_all)
    : name_(std::move(name)),
      slots_(slots),
      learning_rate_(learning_rate),
      weight_decay_(weight_decay),
      decay_all_(decay_all) {
  assert(slots <= most_slots);
  check(learning_rate > 0 && learning_rate <= highest_learning_rate,
        "[{}] expected a learning rate above 0 and at most {}, got {}", name_, highest_learning_rate, learning_rate);
  check(weight_decay >= 0 && std::isfinite(weight_decay), "[{}] expected a finite weight decay, at least 0, got {}",
        name_, weight_decay);
}

void Optimizer::set_learning_rate(double learning_rate) {
  check(learning_rate >= 0 && learning_rate <= highest_learning_rate,
        "[{}] expected a learning rate from 0 to {}, got {}", name_, highest_learning_rate, learning_rate);
  learning_rate_ = learning_rate;
}

void Optimizer::step(Parameters parameters) {
  const Index blocks = count_blocks(name_, parameters);
  if (steps_ == 0) remember(parameters, blocks * segment_block);
  check<StateError>(remembers(parameters),
                    "[{}] expected the {} parameters of the first step, got {} that are not the "
                    "same; make one optimizer for every model",
                    name_, known_.size(), parameters.size());
  ++steps_;
  begin_step();
  constexpr Index shares = 16;
  const double cost = nanoseconds_per_weight * static_cast<double>(blocks * segment_block) / shares;
  parallel_for(shares, cost, [&](Index first, Index last) {
    for_segments(parameters, first, last, shares, [&](const Segment& segment) {
      Parameter& parameter = segment.parameter;
      Part part{.weight = parameter.value().data() + segment.begin,
                .gradient = parameter.gradient().data() + segment.begin,
                .state = {},
                .size = segment.size,
                .decay = decay_all_ || parameter.shape().rank() > 1 ? weight_decay_ : 0};
      for (std::size_t slot = 0; slot < slots_; ++slot) part.state[slot] = state_[slot].data() + segment.position;
      update_in_blocks(part);
    });
  });
}

void Optimizer::update_in_blocks(Part part) const {
  // The products of the step read weights on other cores. Asking for some lines ahead to be ours again, instead of
  // one by one as they are written, makes Adam twice as fast on two threads.
  constexpr Index block = 512;
  constexpr Index cache_line = 64 / sizeof(Real);
  for (Index left = part.size; left > 0;) {
    part.size = std::min(left, block);
    left -= part.size;
    Real* const next = part.weight + part.size;
    for (Index i = 0; i < std::min(left, block); i += cache_line) __builtin_prefetch(next + i, /*to write=*/1);
    update(part);
    part.weight = next;
    part.gradient += part.size;
    for (std::size_t slot = 0; slot < slots_; ++slot) part.state[slot] += part.size;
  }
}

void Optimizer::remember(Parameters parameters, Index size) {
  known_.clear();
  for (const Parameter& parameter : parameters) known_.emplace_back(&parameter, parameter.value().size());
  state_.clear();
  for (std::size_t slot = 0; slot < slots_; ++slot) state_.push_back(Tensor::zeros({size}));
}

bool Optimizer::remembers(Parameters parameters) const {
  bool same = parameters.size() == known_.size();
  for (std::size_t i = 0; same && i < known_.size(); ++i) {
    same = &parameters[i] == known_[i].first && parameters[i].value().size() == known_[i].second;
  }
  return same;
}

}  // namespace gradus::inline GRADUS_PRECISION
