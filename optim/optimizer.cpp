#include <gradus/optim/optimizer.h>

#include <gradus/core/parallel.h>
#include <gradus/optim/segments.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr double max_learning_rate = 1000;
constexpr double nanoseconds_per_weight = 0.25;
constexpr Index chunks = 16;

/// Of frozen parameters, too.
void use_gradients(Parameters parameters) {
  for (Parameter& parameter : parameters) parameter.use_gradient();
}

}  // namespace

bool decay_kernels(const Parameter& parameter) { return parameter.shape().rank() > 1; }
bool decay_all(const Parameter& /*parameter*/) { return true; }

Optimizer::Optimizer(std::string name, Slots slots, double learning_rate, const WeightDecay& weight_decay)
    : name_(std::move(name)), slots_(std::move(slots)), learning_rate_(learning_rate), weight_decay_(weight_decay) {
  assert(slots_.names.size() <= max_slots && !name_.empty());
  check(learning_rate > 0 && learning_rate <= max_learning_rate,
        "[{}] expected a learning rate above 0 and at most {}, got {}", name_, max_learning_rate, learning_rate);
  set_weight_decay(weight_decay.amount);
  check(weight_decay.rule != nullptr, "[{}] expected a decay rule, got null; set decay_kernels or decay_all", name_);
}

void Optimizer::check_share(std::string_view option, double value) const {
  check(value >= 0 && value < 1, "[{}] expected {} in [0, 1), got {}", name_, option, value);
}

void Optimizer::check_epsilon(double epsilon) const {
  // Smaller values underflow in float; 0 / 0 would then make weights without a gradient NaN.
  check(epsilon >= 1e-30 && epsilon < 1e6, "[{}] expected an epsilon above 0 (1e-30 to 1e6), got {}", name_, epsilon);
}

void Optimizer::set_learning_rate(double learning_rate) {
  check(learning_rate >= 0 && learning_rate <= max_learning_rate, "[{}] expected a learning rate from 0 to {}, got {}",
        name_, max_learning_rate, learning_rate);
  learning_rate_ = learning_rate;
}

void Optimizer::set_weight_decay(double amount) {
  check(amount >= 0 && std::isfinite(amount), "[{}] expected a finite weight decay, at least 0, got {}", name_, amount);
  weight_decay_.amount = amount;
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

std::unique_ptr<Optimizer> Optimizer::clone() const {
  std::unique_ptr<Optimizer> copy = make_alike();
  if (copy == nullptr) return copy;
  copy->learning_rate_ = learning_rate_;
  copy->weight_decay_ = weight_decay_;
  copy->steps_ = steps_;
  copy->multipliers_ = multipliers_;
  copy->known_ = known_;
  for (const Tensor& slot : state_) copy->state_.push_back(slot.clone());
  return copy;
}

void Optimizer::start(Parameters parameters) {
  known_.remember(parameters);
  state_.clear();
  while (state_.size() < slots_.names.size()) state_.push_back(Tensor::zeros({padded_size(parameters)}));
}

void Optimizer::visit_state(Archive& archive, Parameters parameters) {
  constexpr double finite = std::numeric_limits<double>::max();
  archive.same("name", "the optimizer", name_)
      .count("steps", steps_)
      .in_range("learning_rate", learning_rate_, 0, max_learning_rate)
      .in_range("weight_decay", weight_decay_.amount, 0, finite);
  if (archive.restoring()) start(parameters);
  if (steps_ > 0) known_.check_same(name_, "step", "optimizer", parameters);
  Index position = 0;
  for (Parameter& parameter : parameters) {
    double multiplier = learning_rate_multiplier(parameter);
    archive.in_range("learning_rate_multiplier." + parameter.name(), multiplier, 0, finite);
    if (multiplier != learning_rate_multiplier(parameter)) multipliers_[parameter.id()] = multiplier;
    for (std::size_t slot = 0; steps_ > 0 && slot < state_.size(); ++slot) {
      Tensor part = state_[slot].window(position, parameter.shape());
      archive(slots_.names[slot] + '.' + parameter.name(), part);
    }
    position += padded_size(parameter);
  }
  visit_own_state(archive);
}

void Optimizer::step(Parameters parameters) {
  check<StateError>(!name_.empty(), "[optimizer] expected an optimizer, got one that was moved from");
  const bool any = check_gradients(name_, parameters);
  check<StateError>(any || backward_passes() > passes_ || std::ranges::none_of(parameters, &Parameter::trainable),
                    "[{}] expected a backward pass before every step, got none since the last; call "
                    "tape.backward(loss), or write gradients by set_gradient",
                    name_);
  passes_ = backward_passes();
  if (!any) {
    use_gradients(parameters);
    return;
  }
  const Index size = padded_size(parameters);
  if (steps_ == 0) start(parameters);
  known_.check_same(name_, "step", "optimizer", parameters);
  ++steps_;
  begin_step();
  const double cost = nanoseconds_per_weight * static_cast<double>(size) / chunks;
  try {
    parallel_for(chunks, cost, [&](Index first, Index last) { update_chunks(parameters, first, last); });
  } catch (...) {  // from a custom optimizer or decay rule
    use_gradients(parameters);
    throw;
  }
  use_gradients(parameters);
}

void Optimizer::update_chunks(Parameters parameters, Index first, Index last) {
  constexpr Index block = 512;
  constexpr Index cache_line = 64 / sizeof(Real);
  Index position = 0;  // of the parameter within each slot
  for (Parameter& parameter : parameters) {
    const auto [begin, end] = find_segment(parameter, first, last, chunks);
    if (begin < end && parameter.has_unused_gradient()) {
      const double rate = learning_rate_ * learning_rate_multiplier(parameter);
      const double decay = decays(parameter) ? weight_decay_.amount : 0;
      Real* const weight = parameter.value().data();
      const Real* const gradient = parameter.gradient().data();
      for (Index i = begin; i < end; i += block) {
        Part part{.weight = weight + i,
                  .gradient = gradient + i,
                  .state = {},
                  .size = std::min(block, end - i),
                  .learning_rate = rate,
                  .l2 = static_cast<Real>(weight_decay_.decoupled ? 0 : decay),
                  .shrink = static_cast<Real>(weight_decay_.decoupled ? rate * decay : 0)};
        for (std::size_t slot = 0; slot < state_.size(); ++slot) part.state[slot] = state_[slot].data() + position + i;
        // The next block is in the caches of other cores, whose matrix products have read it. Requesting all of its
        // lines for writing now, not one by one as they are written, makes Adam twice as fast on two threads.
        const Index next = i + block;
        for (Index line = next; line < std::min(next + block, end); line += cache_line) {
          __builtin_prefetch(weight + line, /*to write=*/1);
        }
        update(part);
      }
    }
    position += padded_size(parameter);
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
