#include <gradus/train/loss.h>

#include <gradus/autograd/losses.h>

#include <vector>

namespace gradus::inline GRADUS_PRECISION {

namespace {

struct NamedLoss {
  std::string_view name;
  Loss loss;
};

constexpr NamedLoss losses[] = {
    {"softmax_cross_entropy", softmax_cross_entropy},
    {"mean_squared_error", mean_squared_error},
};

}  // namespace

Loss loss_by_name(std::string_view name) {
  std::vector<std::string_view> names;
  for (const NamedLoss& candidate : losses) {
    if (candidate.name == name) return candidate.loss;
    names.push_back(candidate.name);
  }
  throw ValueError(fmt::format("[loss] {}", unknown_name("loss", name, names)));
}

std::string usual_loss(const Dataset& data) {
  return data.classes() > 0 ? "softmax_cross_entropy" : "mean_squared_error";
}

}  // namespace gradus::inline GRADUS_PRECISION
