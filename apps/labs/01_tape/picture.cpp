// Draws the tape of y = relu(x w + b), loss = sum(y): boxes are records, edges are variables with value and gradient.

#include "plot.h"
#include "tape.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

using student::Matrix;
using student::Variable;

namespace {

std::string text_of(const Matrix& m) {
  std::string text = "[";
  for (std::size_t i = 0; i < m.rows; ++i) {
    text += i == 0 ? "" : "; ";
    for (std::size_t j = 0; j < m.columns; ++j) {
      char number[32];
      std::snprintf(number, sizeof number, "%s%g", j == 0 ? "" : " ", m(i, j));
      text += number;
    }
  }
  return text + "]";
}

std::string label_of(const std::string& name, const Variable& variable, const student::Tape& tape) {
  std::string text = "<" + name + " = " + text_of(variable.value) + "<br align=\"left\"/>";
  if (variable.slot == student::constant) return text + "<font color=\"#777777\">constant</font>>";
  const Matrix gradient = student::gradient(tape, variable);
  return text + "<font color=\"#b3261e\">d" + name + " = " + text_of(gradient) + "</font><br align=\"left\"/>>";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  student::Tape tape;
  const student::Recording recording(&tape);
  const Variable x{Matrix(2, 2, {1, 2, 3, 4})};
  const Variable w = student::leaf(tape, Matrix(2, 2, {1, -1, 0, 1}));
  const Variable z = student::matmul(x, w);
  const Variable b = student::leaf(tape, Matrix(1, 2, {-2, 1}));
  const Variable u = student::add(z, b);
  const Variable y = student::relu(u);
  const Variable loss = student::sum(y);
  const std::vector<student::Record> records = tape.records;
  student::backward(tape, loss);

  const std::vector<std::pair<std::string, Variable>> variables{{"w", w}, {"z", z}, {"b", b},
                                                                {"u", u}, {"y", y}, {"L", loss}};
  std::map<std::size_t, std::string> source;  // the node that a slot comes from
  std::string graph =
      "digraph tape {\n"
      "  graph [rankdir=LR, bgcolor=white, nodesep=0.35, ranksep=0.5, fontname=sans, labelloc=t,\n"
      "         label=\"y = relu(x w + b), L = sum(y): values black, gradients red\"]\n"
      "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eaf1fb\", color=\"#3b6ea5\", fontname=sans]\n"
      "  edge [fontname=sans, fontsize=11]\n"
      "  x [shape=plaintext, style=\"\", label=\"x\"]\n  loss [shape=plaintext, style=\"\", label=\"L\"]\n";
  for (const auto& [name, variable] : variables) {
    if (name != "w" && name != "b") continue;
    graph += "  " + name + " [shape=ellipse, fillcolor=\"#f6f0dc\", color=\"#9a7b1f\"]\n";
    source[variable.slot] = name;
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string node = "record" + std::to_string(i);
    graph += "  " + node + " [label=\"" + std::to_string(i) + " " + records[i].name + "\"]\n";
    source[records[i].output] = node;
    for (const std::size_t slot : records[i].inputs) {
      if (slot == student::constant) {
        graph += "  x -> " + node + " [label=" + label_of("x", x, tape) + "]\n";
        continue;
      }
      for (const auto& [name, variable] : variables) {
        if (variable.slot != slot) continue;
        graph += "  " + source[slot] + " -> " + node + " [label=" + label_of(name, variable, tape) + "]\n";
      }
    }
  }
  graph += "  " + source[loss.slot] + " -> loss [label=" + label_of("L", loss, tape) + "]\n}\n";
  harness::dot(graph, argv[1]);
}
