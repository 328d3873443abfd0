// Trains 196-32-10 on 1,000 digits of 14 x 14 pixels, and draws loss and accuracy of each epoch.

#include "digit_model.h"
#include "digits.h"
#include "plot.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  constexpr std::size_t epochs = 20;
  auto digits = harness::load_digits(1000, 1000, 14);
  student::standardize(digits.train.images, digits.test.images);
  const student::Data train{digits.train.images, digits.train.labels, 196};
  const student::Data test{digits.test.images, digits.test.labels, 196};
  const std::size_t sizes[] = {196, 32, 10};
  harness::DigitModel network(sizes, 1, 0.003);
  const student::Model model = network.model();
  const auto untrained = student::evaluate(model, test, 32);
  const auto history = student::fit(model, train, test, {epochs, 32}, harness::numbers_below(1));

  std::string training;
  std::string tested = fmt::format("0 {} {}\n", untrained.loss, 100 * untrained.accuracy);
  for (std::size_t i = 0; i < history.size(); ++i) {
    training += fmt::format("{} {}\n", i + 1, history[i].training_loss);
    tested += fmt::format("{} {} {}\n", i + 1, history[i].test.loss, 100 * history[i].test.accuracy);
  }
  harness::gnuplot(fmt::format(
      "$training << EOD\n{}EOD\n$test << EOD\n{}EOD\n"
      "set terminal svg size 900,400 dynamic font 'sans,13' background 'white'\n"
      "set output '{}'\n"
      "set multiplot layout 1,2\n"
      "set grid ytics lc rgb '#dddddd' lt 1\nset border 3\nset tics nomirror\n"
      "set xlabel 'epoch'\nset xrange [0:{}]\n"
      "set title 'Loss'\nset yrange [0:3]\n"
      "set arrow from 0,{} to {},{} nohead dt 2 lc rgb '#888888'\n"
      "set label 'ln 10: all classes equally likely' at {},{} tc rgb '#666666'\n"
      "plot $training using 1:2 with linespoints pt 7 ps 0.5 lw 2 lc rgb '#0072b2' title 'training', \\\n"
      "     $test using 1:2 with linespoints pt 5 ps 0.5 lw 2 lc rgb '#d55e00' title 'test'\n"
      "unset arrow\nunset label\n"
      "set title 'Test accuracy, 1,000 digits'\nset yrange [0:100]\nset format y '%g %%'\nunset key\n"
      "set label '{:.1f} %' at {},{} right\n"
      "plot $test using 1:3 with linespoints pt 5 ps 0.5 lw 2 lc rgb '#d55e00'\n",
      training, tested, argv[1], epochs, std::log(10), epochs, std::log(10), 0.35 * epochs, std::log(10) + 0.09,
      100 * history.back().test.accuracy, epochs, 100 * history.back().test.accuracy - 7));
}
