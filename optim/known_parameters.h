#pragma once

#include <gradus/autograd/parameter_list.h>
#include <gradus/core/check.h>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Identities and sizes of the parameters or buffers of the first call, to which the state of an optimizer belongs.
///
/// Several threads: used by the thread that uses its owner.
class KnownParameters {
 public:
  template <class T>
  void remember(NamedTensorList<T> parameters) {
    known_.clear();
    for (const NamedTensor& parameter : parameters) known_.emplace_back(parameter.id(), parameter.value().size());
  }

  /// Throws StateError, with [context], unless these are the parameters of the first `call` to the `owner`.
  template <class T>
  void check_same(std::string_view context, std::string_view call, std::string_view owner,
                  NamedTensorList<T> parameters) const {
    bool same = parameters.size() == known_.size();
    for (std::size_t i = 0; same && i < known_.size(); ++i) {
      same = parameters[i].id() == known_[i].first && parameters[i].value().size() == known_[i].second;
    }
    check<StateError>(
        same, "[{}] expected the {} parameters of the first {}, got a different list of {}; create one {} per model",
        context, known_.size(), call, parameters.size(), owner);
  }

 private:
  std::vector<std::pair<std::uint64_t, Index>> known_;  // ids and sizes
};

}  // namespace gradus::inline GRADUS_PRECISION
