// Prints the learning rate of every schedule over 1,000 steps, as CSV for schedules.gp.
#include <gradus/optim/schedules/schedule.h>

#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

using namespace gradus;

int main() {
  constexpr std::int64_t steps = 1000;
  const std::vector<std::pair<const char*, Schedule>> schedules = {
      {"exponential_decay", exponential_decay(0.1, 200, 0.5)},
      {"exponential_decay, staircase", exponential_decay(0.1, 200, 0.5, {.staircase = true})},
      {"inverse_time_decay", inverse_time_decay(0.1, 200, 1)},
      {"piecewise_constant", piecewise_constant({300, 600}, {0.1, 0.03, 0.01})},
      {"polynomial_decay, power 2", polynomial_decay(0.1, 800, {.power = 2})},
      {"warm_up, then cosine_decay", warm_up(100, cosine_decay(0.1, 900))},
      {"cosine_decay_restarts", cosine_decay_restarts(0.1, 143, {.m_mul = 0.8})},
      {"one_cycle", one_cycle(0.1, steps)},
  };
  std::printf("step");
  for (const auto& [name, schedule] : schedules) std::printf(",\"%s\"", name);
  for (std::int64_t step = 0; step <= steps; step += 5) {
    std::printf("\n%lld", static_cast<long long>(step));
    for (const auto& [name, schedule] : schedules) std::printf(",%.6g", schedule(step));
  }
  std::printf("\n");
}
