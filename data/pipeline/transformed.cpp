#include <gradus/data/pipeline/transformed.h>

#include <gradus/data/draw_seed.h>

namespace gradus::inline GRADUS_PRECISION {

Transformed::Transformed(std::unique_ptr<Batches> source, Function function, std::optional<std::uint64_t> seed)
    : source_(std::move(source)), function_(std::move(function)) {
  check(function_ != nullptr, "[transformed] expected a function of a batch and a key, got none");
  seed_ = seed ? *seed : draw_seed();
}

void Transformed::begin_epoch() {
  source_->begin_epoch();
  ++epoch_;
  position_ = 0;
}

void Transformed::skip(Index count) {
  source_->skip(count);
  position_ += static_cast<std::uint64_t>(count);
}

void Transformed::visit_state(Archive& archive) {
  archive("source", *source_)("seed", seed_)("epoch", epoch_);
  if (archive.restoring() && epoch_ > 0) --epoch_;  // begin_epoch starts it again
}

bool Transformed::next(Batch& batch) {
  constexpr std::uint64_t transforms = std::uint64_t{1} << 62;  // streams not used by shuffles and splits
  const RandomKey key{seed_, transforms | epoch_ << 32 | position_++};
  if (!source_->next(batch)) return false;
  function_(batch, key);
  return true;
}

}  // namespace gradus::inline GRADUS_PRECISION
