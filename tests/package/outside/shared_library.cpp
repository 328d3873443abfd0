#include <cmath>
#include <cstdio>

double loss_in_float();

int main() {
  const double loss = loss_in_float();
  std::printf("loss %.9f; without training %.9f\n", loss, std::log(10.0));
  return loss < 0.8 * std::log(10.0) ? 0 : 1;
}
