#include <gradus/core/check.h>

#include <gradus/core/printable.h>

#include <cstdio>
#include <cstdlib>

namespace gradus::inline GRADUS_PRECISION {

#ifdef __x86_64__
namespace {

/// An instruction that the processor does not have would end the program without a word. Runs before anything else, and
/// itself without such instructions.
[[gnu::constructor(101), gnu::target("arch=x86-64")]] void check_processor() {
  __builtin_cpu_init();
  const char* missing = nullptr;
#ifdef __AVX__
  if (!__builtin_cpu_supports("avx")) missing = "AVX";
#endif
#ifdef __AVX2__
  if (!__builtin_cpu_supports("avx2")) missing = "AVX2";
#endif
#ifdef __FMA__
  if (!__builtin_cpu_supports("fma")) missing = "FMA";
#endif
#ifdef __AVX512F__
  if (!__builtin_cpu_supports("avx512f")) missing = "AVX-512";
#endif
#ifdef __AVX512VL__
  if (!__builtin_cpu_supports("avx512vl")) missing = "AVX-512 VL";
#endif
#ifdef __AVX512VBMI__
  if (!__builtin_cpu_supports("avx512vbmi")) missing = "AVX-512 VBMI";
#endif
  if (missing == nullptr) return;
  std::fprintf(
      stderr,
      "gradus: this program is compiled for processors with %s, which this one does not have; compile it here, "
      "or with -DGRADUS_NATIVE=OFF for any processor\n",
      missing);
  std::_Exit(1);
}

}  // namespace
#endif

Error::Error(const std::string& text) : std::runtime_error(escaped(text)) {}

std::string with_separators(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

}  // namespace gradus::inline GRADUS_PRECISION
