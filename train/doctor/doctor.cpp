#include <gradus/train/doctor/rules.h>

#include <gradus/layers/activation.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/dropout.h>
#include <gradus/layers/flatten.h>
#include <gradus/layers/input.h>
#include <gradus/layers/registry/config_reader.h>
#include <gradus/layers/sequential.h>
#include <gradus/train/loss.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

bool passes_through(const Layer& layer) {
  return dynamic_cast<const Input*>(&layer) != nullptr || dynamic_cast<const Flatten*>(&layer) != nullptr ||
         (dynamic_cast<const Activation*>(&layer) != nullptr && activation_of(layer) == "linear");
}

/// Adds the layers within in order; `before` becomes the one whose output the layer gives on.
void add_places(Layer& layer, Layer*& before, std::vector<Place>& places) {
  if (dynamic_cast<Sequential*>(&layer) != nullptr) {
    for (const Child& child : layer.children()) add_places(child.layer, before, places);
  } else if (!passes_through(layer)) {
    places.push_back({&layer, before});
    before = &layer;
    for (const Child& child : layer.children()) {  // what they get, the layer alone knows
      Layer* unknown = nullptr;
      add_places(child.layer, unknown, places);
    }
  }
}

/// Adds lines of at most 80 columns, the first behind `head`, the others indented as far.
void add_wrapped(std::string& result, const std::string& head, std::string_view text) {
  constexpr std::size_t columns = 80;
  std::string line = head;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (line.size() > head.size() && line.size() + 1 + word.size() > columns) {
      result += line + "\n";
      line = std::string(head.size(), ' ');
    }
    if (line.size() > head.size()) line += ' ';
    line += word;
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  result += line + "\n";
}

}  // namespace

std::string activation_of(const Layer& layer) {
  const Config config = layer.config();
  ConfigReader reader(config);
  std::string name = "linear";
  if (dynamic_cast<const Dense*>(&layer) != nullptr) reader("activation", name);
  if (dynamic_cast<const Activation*>(&layer) != nullptr) reader("function", name);
  return name;
}

std::vector<Finding> diagnose(Layer& model, const DiagnoseOptions& options) {
  model.parameters();  // says what to do if it is not built
  const Dataset* data = options.dataset;
  check(options.batch_size >= 1, "[diagnose] expected a batch size of at least 1, got {}", options.batch_size);
  check(data == nullptr || options.batch_size <= data->size(),
        "[diagnose] expected a batch size from 1 to the {} samples of the data, got {}",
        data == nullptr ? 0 : data->size(), options.batch_size);
  const std::string usual = data == nullptr ? "softmax_cross_entropy" : default_loss(data->classes());
  Examination examination{model, options, options.loss.empty() ? usual : options.loss};
  add_places(model, examination.last, examination.places);

  Findings findings;
  examine_structure(examination, findings);
  if (data != nullptr) {
    examine_data(examination, findings);
    examine_first_steps(examination, findings);
  }
  return findings;
}

std::string to_string(const std::vector<Finding>& findings) {
  std::string result;
  int number = 0;
  for (std::size_t i = 0; i < findings.size();) {
    const Finding& first = findings[i];
    result += fmt::format("{}{:2}. {}\n", number == 0 ? "" : "\n", number + 1, first.rule);
    ++number;
    while (i < findings.size() && findings[i].rule == first.rule && findings[i].cure == first.cure) {
      std::string where = findings[i].where;
      Finding same = findings[i];
      while (++i < findings.size() && (same.where = findings[i].where, same == findings[i])) where += ", " + same.where;
      add_wrapped(result, "    at    ", where + ": " + same.what);
    }
    add_wrapped(result, "    why   ", first.why);
    add_wrapped(result, "    cure  ", first.cure);
  }
  if (findings.empty()) {
    add_wrapped(result, "",
                "No findings. Read were the layers, their order and options; if data were given, their scale and the "
                "first steps of training; if an optimizer was, its weight decay.");
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
