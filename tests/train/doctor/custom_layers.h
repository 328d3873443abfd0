#pragma once

#include <gradus/gradus.h>

// Layers of users that no configuration describes: only what they call tells what they are.

namespace gradus {

/// A Dense and a function of its outputs.
class Ending : public Layer {
 public:
  using Function = Variable (*)(const Variable&);
  Ending(Index units, Function function) : dense_(units), function_(function) {}
  Children children() override { return {{"dense", dense_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override { return function_(dense_(x, mode)); }

 private:
  Dense dense_;
  Function function_;
};

/// x + second(relu(first(x))) of as many units as x, where the second kernel is 0 at first.
class ZeroBranch : public Layer {
 public:
  explicit ZeroBranch(Index units) : first_(units), second_(units, {.kernel_initializer = "zeros"}) {}
  Children children() override { return {{"first", first_}, {"second", second_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override { return x + second_(relu(first_(x, mode)), mode); }

 private:
  Dense first_, second_;
};

/// Whose output is the same for all samples.
class Lost : public Layer {
 protected:
  Variable forward(const Variable& x, Mode /*mode*/) override { return x * Real{0}; }
};

}  // namespace gradus
