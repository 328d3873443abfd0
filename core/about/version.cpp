#include <gradus/core/about/version.h>

namespace gradus::inline GRADUS_PRECISION {

#define GRADUS_TEXT_OF(number) #number
#define GRADUS_TEXT(number) GRADUS_TEXT_OF(number)

const char* version() {
  return GRADUS_TEXT(GRADUS_VERSION_MAJOR) "." GRADUS_TEXT(GRADUS_VERSION_MINOR) "." GRADUS_TEXT(GRADUS_VERSION_PATCH);
}

}  // namespace gradus::inline GRADUS_PRECISION
