#include <gradus/core/about/about.h>

#include <gradus/core/about/version.h>
#include <gradus/core/check.h>
#include <gradus/core/kernels/product_check.h>
#include <gradus/core/parallel.h>

#include <cblas.h>

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

std::string blas_description() {
#ifdef GRADUS_OPENBLAS
  constexpr int openmp = 2;
  constexpr std::string_view narrow =
#ifdef __AVX512F__
      "\n(too narrow for this build, not used; try OPENBLAS_CORETYPE=SkylakeX)";
#else
      "\n(too narrow for this build, not used; try OPENBLAS_CORETYPE=Haswell)";
#endif
  const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 <build options>"
  const std::string kernel = openblas_get_corename();
  return fmt::format("{} ({} flavour), kernel {}{}", config.substr(0, config.find(' ', config.find(' ') + 1)),
                     openblas_get_parallel() == openmp ? "OpenMP"
                     : openblas_get_parallel() == 1    ? "pthread"
                                                       : "serial",
                     kernel, is_wide_kernel(kernel) ? "" : narrow);
#else
  return "unknown BLAS";
#endif
}

std::string about() {
  return fmt::format("gradus {}, Real = {}, compiled for {}\n{}\n{} thread{}", version(),
                     sizeof(Real) == sizeof(float) ? "float" : "double", instruction_set(), blas_description(),
                     threads(), threads() == 1 ? "" : "s");
}

}  // namespace gradus::inline GRADUS_PRECISION
