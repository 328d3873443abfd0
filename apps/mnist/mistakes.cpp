#include "mistakes.h"

#include "contact_sheet.h"

#include <gradus/autograd/cross_entropy/cross_entropy.h>
#include <gradus/core/check.h>
#include <gradus/train/evaluate.h>

#include <algorithm>
#include <cmath>

using namespace gradus;

namespace {

struct Mistake {
  Index sample;
  Index predicted;
  double probability;
  double loss;
};

std::vector<Mistake> mistakes_of(const Layer& model, const Dataset& test) {
  const Tensor log_probabilities = log_softmax(predict(model, test)).value();
  const Index classes = log_probabilities.shape()[1];
  std::vector<Mistake> mistakes;
  for (Index i = 0; i < test.size(); ++i) {
    const Real* const row = log_probabilities.data() + i * classes;
    const Index predicted = std::max_element(row, row + classes) - row;
    const auto label = static_cast<Index>(test.label(i));
    if (predicted == label || std::isnan(row[predicted])) continue;  // NaN is not a class
    mistakes.push_back({i, predicted, std::exp(row[predicted]), -row[label]});
  }
  std::ranges::stable_sort(mistakes, std::greater(), &Mistake::loss);
  return mistakes;
}

}  // namespace

std::string mistakes_svg(const Layer& model, const Dataset& test) {
  constexpr std::size_t most = 40;
  const std::vector<Mistake> mistakes = mistakes_of(model, test);
  const std::size_t shown = std::min(most, mistakes.size());
  ContactSheet sheet{{fmt::format("{} of {} mistakes in {} test images, the highest", shown,
                                  with_separators(std::ssize(mistakes)), with_separators(test.size())),
                      "loss first: class predicted (true class), probability"},
                     {0xffffff, 0xffffff, 0x000000}};
  for (const Mistake& mistake : std::span(mistakes).first(shown)) {
    sheet.tiles.push_back({28,
                           test.sample(mistake.sample),
                           {fmt::format("{} ({})", mistake.predicted, test.label(mistake.sample)),
                            fmt::format("{:.0f} %", 100 * mistake.probability)}});
  }
  return to_svg(sheet);
}
