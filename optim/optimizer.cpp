#include <gradus/optim/optimizer.h>

#include <gradus/core/parallel.h>
#include <gradus/optim/segments.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr double max_learning_rate = 1000;
constexpr double nanoseconds_per_weight = 0.25;

}  // namespace

bool decay_kernels(const Parameter& parameter) { return parameter.shape().rank() > 1; }
bool decay_all(const Parameter& /*parameter*/) { return true; }

Optimizer::Optimizer(std::string name, std::size_t slots, double learning_rate, const WeightDecay& weight_decay)
    : name_(std::move(name)), slots_(slots), learning_rate_(learning_rate), weight_decay_(weight_decay) {
  assert(slots <= max_slots);
  check(learning_rate > 0 && learning_rate <= max_learning_rate,
        "[{}] expected a learning rate above 0 and at most {}, got {}", name_, max_learning_rate, learning_rate);
  check(weight_decay.amount >= 0 && std::isfinite(weight_decay.amount),
        "[{}] expected a finite weight decay, at least 0, got {}", name_, weight_decay.amount);
  check(weight_decay.rule != nullptr, "[{}] expected a decay rule, got null; set decay_kernels or decay_all", name_);
}

void Optimizer::check_share(std::string_view option, double value) const {
  check(value >= 0 && value < 1, "[{}] expected {} in [0, 1), got {}", name_, option, value);
}

void Optimizer::check_epsilon(double epsilon) const {
  // Below, it would vanish in float, and 0/0 would move the weights that never had a gradient.
  check(epsilon >= 1e-30 && epsilon < 1e6, "[{}] expected an epsilon above 0 (1e-30 to 1e6), got {}", name_, epsilon);
}

void Optimizer::set_learning_rate(double learning_rate) {
  check(learning_rate >= 0 && learning_rate <= max_learning_rate,
        "[{}] expected a learning rate from 0 to {}, got {}", name_, max_learning_rate, learning_rate);
  learning_rate_ = learning_rate;
}

void Optimizer::set_learning_rate_multiplier(Parameters parameters, double multiplier) {
  check(multiplier >= 0 && std::isfinite(multiplier),
        "[{}] expected a finite learning rate multiplier, at least 0, got {}", name_, multiplier);
  for (const Parameter& parameter : parameters) multipliers_[parameter.id()] = multiplier;
}

double Optimizer::learning_rate_multiplier(const Parameter& parameter) const {
  const auto found = multipliers_.find(parameter.id());
  return found == multipliers_.end() ? 1 : found->second;
}

void Optimizer::step(Parameters parameters) {
  const Index blocks = count_blocks(name_, parameters);
  if (steps_ == 0) {
    known_.remember(parameters);
    state_.clear();
    for (std::size_t slot = 0; slot < slots_; ++slot) state_.push_back(Tensor::zeros({blocks * segment_block}));
  }
  known_.check_same(name_, "step", "optimizer", parameters);
  ++steps_;
  begin_step();
  constexpr Index shares = 16;
  const double cost = nanoseconds_per_weight * static_cast<double>(blocks * segment_block) / shares;
  parallel_for(shares, cost, [&](Index first, Index last) {
    for_segments(parameters, first, last, shares, [&](const Segment& segment) {
      Parameter& parameter = segment.parameter;
      const double rate = learning_rate_ * learning_rate_multiplier(parameter);
      const double decay = decays(parameter) ? weight_decay_.amount : 0;
      Part part{.weight = parameter.value().data() + segment.begin,
                .gradient = parameter.gradient().data() + segment.begin,
                .state = {},
                .size = segment.size,
                .learning_rate = rate,
                .l2 = static_cast<Real>(weight_decay_.decoupled ? 0 : decay),
                .shrink = static_cast<Real>(weight_decay_.decoupled ? rate * decay : 0)};
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

}  // namespace gradus::inline GRADUS_PRECISION
