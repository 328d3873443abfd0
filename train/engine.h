#pragma once

// The engine: all that is no topic.
#include <gradus/autograd/functions.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/about.h>
#include <gradus/core/parallel.h>
#include <gradus/core/storage.h>
#include <gradus/core/version.h>
#include <gradus/data/loader.h>
#include <gradus/data/mnist.h>
#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/dropout.h>
#include <gradus/layers/flatten.h>
#include <gradus/layers/initializers.h>
#include <gradus/layers/input.h>
#include <gradus/layers/layer_normalization.h>
#include <gradus/layers/sequential.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/clip.h>
#include <gradus/optim/sgd.h>
#include <gradus/train/evaluate.h>
#include <gradus/train/fit.h>
#include <gradus/train/progress_bar.h>
