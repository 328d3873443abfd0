#include "training.h"

static_assert(sizeof(gradus::Real) == 8);

double loss_in_double() { return loss_after_training(); }
