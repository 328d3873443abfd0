// relu, as the student's function draws it.
#include "plot.h"
#include "tools.h"

#include <sstream>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::vector<double> x;
  for (double v = -3; v <= 3; v += 0.125) x.push_back(v);
  std::vector<double> y(x.size());
  student::relu(x, y);
  std::ostringstream script;
  script << "set terminal svg size 480,360 font 'sans,12' background rgb 'white'\nset output '" << argv[1] << "'\n"
         << "set grid\nset tics nomirror\nset border 3\nset xlabel 'x'\nset key left top\nset yrange [-0.5:3.5]\n$data "
            "<< END\n";
  for (std::size_t i = 0; i < x.size(); ++i) script << x[i] << ' ' << y[i] << '\n';
  script << "END\nplot $data with linespoints pt 7 ps 0.4 lw 2 lc rgb '#2471a3' title 'relu(x), from your code'\n";
  harness::gnuplot(script.str());
}
