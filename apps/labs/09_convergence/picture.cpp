// Mean test accuracy of 5 seeds over the training steps, with and without batch normalization, on the student's tape:
// figure 1 of Ioffe and Szegedy (2015). A band shows the lowest and the highest seed.

#include "experiment.h"
#include "plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  harness::ExperimentOptions options;
  options.curve = {40, 400, 20};
  const harness::Experiment experiment(options);
  const double rates[] = {0.5, 2};
  const std::uint64_t seeds[] = {1, 2, 3, 4, 5};
  std::vector<student::Result> results;
  for (const student::Run& run : student::plan(rates, seeds)) results.push_back({run, experiment.on_student_tape(run)});

  std::string data;
  std::string titles;
  std::string reached;
  for (const bool batch_norm : {false, true}) {
    const double rate = student::best_rate(results, batch_norm);
    const auto mean = student::mean_curve(results, batch_norm, rate);
    data += fmt::format("${} << EOD\n", batch_norm ? "with" : "without");
    for (std::size_t i = 0; i < mean.size(); ++i) {
      double lowest = 1;
      double highest = 0;
      for (const student::Result& result : results) {
        if (result.run.batch_norm != batch_norm || result.run.learning_rate != rate) continue;
        lowest = std::min(lowest, result.accuracies[i]);
        highest = std::max(highest, result.accuracies[i]);
      }
      data += fmt::format("{} {} {} {}\n", (i + 1) * options.curve.every, 100 * mean[i], 100 * lowest, 100 * highest);
    }
    data += "EOD\n";
    titles += fmt::format("{} = '{} batch normalization, rate {}'\n", batch_norm ? "with" : "without",
                          batch_norm ? "with" : "without", rate);
    const std::size_t steps = student::steps_to(mean, options.curve.every, 0.7);
    reached += fmt::format("{} {}", batch_norm ? ", with:" : "steps to 70 %, without:",
                           steps == 0 ? "not reached" : std::to_string(steps));
  }
  harness::gnuplot(
      fmt::format("{}{}set terminal svg size 800,450 dynamic font 'sans,13' background 'white'\nset output '{}'\n"
                  "set title '196-24-24-24-10, sigmoid, 1,000 digits, 5 seeds; {}'\n"
                  "set grid ytics lc rgb '#dddddd' lt 1\nset border 3\nset tics nomirror\nset key bottom right\n"
                  "set xlabel 'training steps'\nset ylabel 'test accuracy'\nset format y '%g %%'\nset xrange [0:{}]\n"
                  "set yrange [0:100]\nset style fill transparent solid 0.2 noborder\n"
                  "plot $without using 1:3:4 with filledcurves lc rgb '#d55e00' notitle, \\\n"
                  "     $with using 1:3:4 with filledcurves lc rgb '#0072b2' notitle, \\\n"
                  "     $without using 1:2 with linespoints pt 5 ps 0.5 lw 2 lc rgb '#d55e00' title without, \\\n"
                  "     $with using 1:2 with linespoints pt 7 ps 0.5 lw 2 lc rgb '#0072b2' title with\n",
                  data, titles, argv[1], reached, options.curve.steps));
}
