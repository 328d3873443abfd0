#include "training.h"

static_assert(sizeof(gradus::Real) == 4);

double loss_in_float() { return loss_after_training(); }
