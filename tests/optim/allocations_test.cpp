#include <gradus/core/parallel.h>
#include <gradus/core/storage.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/adaptive/adagrad.h>
#include <gradus/optim/adaptive/nadam.h>
#include <gradus/optim/adaptive/rmsprop.h>
#include <gradus/optim/averages/weight_average.h>
#include <gradus/optim/clipping/clip.h>
#include <gradus/optim/schedules/schedule.h>
#include <gradus/optim/sgd.h>

#include "bench/allocations.h"
#include "optim/parameter_list.h"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace gradus;

TEST_CASE("optimizer: no allocation after the first step") {
  const ParameterList list({{401, 300}, {300}, {300, 299}, {7}});
  list[1].set_trainable(false);
  SGD sgd{{.momentum = 0.9}};
  Adam adam;
  AdamW adamw{{.amsgrad = true}};
  RMSprop rmsprop{{.momentum = 0.9, .centered = true}};
  Adagrad adagrad;
  NAdam nadam;
  const Schedule schedule = warm_up(3, one_cycle(0.01, 10));
  for (Optimizer* optimizer : std::initializer_list<Optimizer*>{&sgd, &adam, &adamw, &rmsprop, &adagrad, &nadam}) {
    CAPTURE(optimizer->name());
    const std::int64_t before_first = heap_allocations();
    ExponentialMovingAverage average;
    optimizer->step(list.all());
    average.update(list.all());
    CHECK_GT(heap_allocations(), before_first);  // the count works
    const std::int64_t after_first = heap_allocations();
    const auto requests = pool_statistics().requests;
    for (int step = 0; step < 10; ++step) {
      clip_by_global_norm(list.all(), 1e-3 / (step + 1));
      clip_by_norm(list.all(), 1e-4 / (step + 1));
      clip_by_value(list.all(), 1e-6 / (step + 1));
      optimizer->set_learning_rate(schedule(optimizer->steps()));
      optimizer->step(list.all());
      average.update(list.all());
      average.swap(list.all());
      average.swap(list.all());
    }
    const std::int64_t after_all = heap_allocations();
    CHECK_EQ(after_all, after_first);
    CHECK_EQ(pool_statistics().requests, requests);
  }
}
