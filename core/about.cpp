#include <gradus/core/about.h>

#include <gradus/core/matmul.h>
#include <gradus/core/parallel.h>
#include <gradus/core/version.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr const char* instruction_set() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#elif defined(__ARM_NEON)
  return "NEON";
#else
  return "baseline";
#endif
}

}  // namespace

std::string about() {
  return fmt::format("gradus {}, Real = {}, compiled for {}\n{}\n{} thread{}", version(),
                     sizeof(Real) == sizeof(float) ? "float" : "double", instruction_set(), blas_description(),
                     threads(), threads() == 1 ? "" : "s");
}

}  // namespace gradus::inline GRADUS_PRECISION
