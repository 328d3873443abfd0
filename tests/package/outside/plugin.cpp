// A module that is loaded at run time. It is linked to the archive, which therefore has to be position-independent.
#include "training.h"

extern "C" double loss_of_plugin() { return loss_after_training(); }
