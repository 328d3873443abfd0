#pragma once

#include <gradus/core/real.h>

#include <cstdint>
#include <memory>
#include <type_traits>

namespace gradus::inline GRADUS_PRECISION {

/// The number of threads of parallel loops: that of OpenMP (OMP_NUM_THREADS, the processors of the process), at most 4
/// for each hardware thread, unless set. Results do not depend on it. Where the system starts fewer threads, loops run
/// on those.
int threads();
/// Throws ValueError unless 1 <= count <= 256.
void set_threads(int count);

/// A non-owning reference to a callable (begin, end), valid during the call it is passed to.
///
/// Several threads: `parallel_for` calls it from several threads at the same time.
class RangeFunction {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, RangeFunction>) RangeFunction(F&& body)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(body)))),
        call_([](void* object, Index begin, Index end) {
          (*static_cast<std::remove_reference_t<F>*>(object))(begin, end);
        }) {}

  void operator()(Index begin, Index end) const { call_(object_, begin, end); }

 private:
  void* object_;
  void (*call_)(void*, Index, Index);
};

/// The length of every chunk except the last in a loop of `count` items of about `nanoseconds` each. It depends on the
/// two arguments alone, so partial results per chunk are the same for any number of threads.
Index chunk_length(Index count, double nanoseconds);

/// Totals since the program started, the same for any number of threads.
struct ParallelStatistics {
  std::int64_t loops = 0;   ///< loops with several chunks, each of which costs a fork and a join
  std::int64_t chunks = 0;  ///< chunks of these loops
};
ParallelStatistics parallel_statistics();

/// Calls body(begin, end) once for every chunk of [0, count), in parallel if the loop is long enough to pay for a fork
/// and join. Nested loops run serially. If calls throw, the exception of the first such chunk is thrown after the loop.
void parallel_for(Index count, double nanoseconds, RangeFunction body);

}  // namespace gradus::inline GRADUS_PRECISION
