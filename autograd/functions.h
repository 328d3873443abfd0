#pragma once

// All differentiable functions of the engine.
#include <gradus/autograd/activations.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/dropout.h>
#include <gradus/autograd/losses.h>
#include <gradus/autograd/matrix.h>
#include <gradus/autograd/normalization.h>
#include <gradus/autograd/reductions.h>
#include <gradus/autograd/regularization.h>
