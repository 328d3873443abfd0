#include <gradus/train/callbacks/jsonl_logger.h>

#include <nlohmann/json.hpp>

namespace gradus::inline GRADUS_PRECISION {

using Json = nlohmann::ordered_json;

JsonlLogger::JsonlLogger(std::filesystem::path path, const JsonlLoggerOptions& options)
    : path_(std::move(path)), options_(options) {
  check(options.every >= 0, "[jsonl_logger] expected a line every 1 or more steps, or 0 for none, got {}",
        options.every);
}

void JsonlLogger::on_train_begin(TrainingState&) { file_ = std::make_unique<LogFile>(path_, options_.append); }

void JsonlLogger::on_step_end(TrainingState& state) {
  if (options_.every == 0 || state.total_steps % options_.every != 0) return;
  file_->write(Json{{"epoch", state.epoch},
                    {"step", state.step},
                    {"batch_loss", state.batch_loss},
                    {"learning_rate", state.learning_rate}}
                   .dump());
}

void JsonlLogger::on_epoch_end(TrainingState& state) {
  Json line;
  for (const auto& [name, value, better] : state.numbers()) line[name] = value;
  line["epoch"] = state.epoch;  // not 1.0
  file_->write(line.dump());
}

}  // namespace gradus::inline GRADUS_PRECISION
