#pragma once

#include <gradus/autograd/parameter.h>

#include <string_view>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Which parameters a state belongs to: those of the first call, with their sizes.
class KnownParameters {
 public:
  void remember(Parameters parameters) {
    known_.clear();
    for (const Parameter& parameter : parameters) known_.emplace_back(&parameter, parameter.value().size());
  }

  /// Throws StateError, with `place`, unless these are the parameters of the first `call` of this `owner`.
  void check_same(std::string_view place, std::string_view call, std::string_view owner, Parameters parameters) const {
    bool same = parameters.size() == known_.size();
    for (std::size_t i = 0; same && i < known_.size(); ++i) {
      same = &parameters[i] == known_[i].first && parameters[i].value().size() == known_[i].second;
    }
    check<StateError>(same,
                      "[{}] expected the {} parameters of the first {}, got {} that are not the same; make one {} for "
                      "every model",
                      place, known_.size(), call, parameters.size(), owner);
  }

 private:
  std::vector<std::pair<const Parameter*, Index>> known_;
};

}  // namespace gradus::inline GRADUS_PRECISION
