#include <gradus/train/doctor/doctor.h>

#include <gradus/train/doctor/examination.h>
#include <gradus/train/doctor/initial_weights.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

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

std::vector<Finding> diagnose(Layer& model, const DiagnoseOptions& options) {
  model.parameters();  // says what to do if it is not built
  const Dataset* data = options.dataset;
  check(options.batch_size >= 1, "[diagnose] expected a batch size of at least 1, got {}", options.batch_size);
  check(data == nullptr || options.batch_size <= data->size(),
        "[diagnose] expected a batch size from 1 to the {} samples of the data, got {}",
        data == nullptr ? 0 : data->size(), options.batch_size);
  const std::string usual = default_loss(data == nullptr ? 2 : data->classes());
  Examination examination{model, options, options.loss.is_default() ? Loss(usual) : options.loss};
  const Snapshot unchanged(model);
  examination.drawn = drawn_layers(model);
  draw_anew(examination.drawn, 0);
  record_calls(examination);
  if (data != nullptr) take_first_steps(examination);
  examine_normalization(examination);
  examine_structure(examination);
  if (data != nullptr) examine_data(examination);
  if (examination.first_steps) {
    examine_first_steps(examination);
    make_checks(examination);
  }
  return examination.findings;
}

TrainingSetup Finding::apply(Layer& model, const DiagnoseOptions& options) const {
  check(options.dataset != nullptr && options.optimizer != nullptr,
        "[finding] expected options with the data and the optimizer, got none of one; give those of diagnose");
  TrainingSetup setup = usual_setup(model, options);
  const bool applied = setup.optimizer != nullptr && remedy.apply && remedy.apply(setup);
  check(applied, "[finding] expected a cure that can be applied, got '{}'; apply it by hand", cure);
  return setup;
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
    if (!first.gain.empty()) add_wrapped(result, "    gain  ", first.gain);
  }
  if (findings.empty()) {
    add_wrapped(result, "",
                "No findings. Read were the layers, their order and options; if data were given, their scale and the "
                "first steps of training; if an optimizer was, its weight decay.");
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
