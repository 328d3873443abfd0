# The packages that gradus is built with.

# gradus_require(<found> <package> <what to install>): one clear message instead of CMake's page about missing
# configurations.
function(gradus_require found package debian)
  if(NOT found)
    message(FATAL_ERROR "gradus: ${package} was not found. On Debian:\n  sudo apt-get install ${debian}")
  endif()
endfunction()

find_package(OpenMP QUIET COMPONENTS CXX)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  gradus_require("${OpenMP_CXX_FOUND}" OpenMP libomp-dev)
else()
  gradus_require("${OpenMP_CXX_FOUND}" OpenMP g++)
endif()
find_package(fmt QUIET)
gradus_require("${fmt_FOUND}" fmt libfmt-dev)
find_package(ZLIB QUIET)
gradus_require("${ZLIB_FOUND}" zlib zlib1g-dev)
find_package(nlohmann_json QUIET)
gradus_require("${nlohmann_json_FOUND}" nlohmann-json nlohmann-json3-dev)

# GRADUS_BLAS is the library, GRADUS_CBLAS_INCLUDE the folder of cblas.h.
#
# Debian installs the flavours of OpenBLAS side by side. The OpenMP flavour is taken by path: where the pthread flavour is
# installed too, the linker and the loader find that one first, and its threads compete with those of gradus.
# Elsewhere any CBLAS that FindBLAS finds will do.
file(GLOB openmp_flavour /usr/lib/*/openblas-openmp /usr/lib/openblas-openmp)
find_library(GRADUS_OPENBLAS_OPENMP openblas PATHS ${openmp_flavour} NO_DEFAULT_PATH)
if(GRADUS_OPENBLAS_OPENMP)
  find_path(GRADUS_CBLAS_INCLUDE cblas.h PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp NO_DEFAULT_PATH)
  set(GRADUS_BLAS ${GRADUS_OPENBLAS_OPENMP})
  cmake_path(GET GRADUS_BLAS PARENT_PATH folder)
  set(GRADUS_BLAS_LINK_OPTIONS -Wl,-rpath,${folder})
else()
  find_package(BLAS QUIET)
  find_path(GRADUS_CBLAS_INCLUDE cblas.h PATH_SUFFIXES openblas)
  set(GRADUS_BLAS ${BLAS_LIBRARIES})
  set(GRADUS_BLAS_LINK_OPTIONS)
endif()
if(NOT GRADUS_BLAS OR NOT GRADUS_CBLAS_INCLUDE)
  gradus_require("" "a BLAS with cblas.h" libopenblas-openmp-dev)
endif()

# Whether the BLAS can be asked for its version and kernel.
include(CheckCXXSymbolExists)
set(CMAKE_REQUIRED_INCLUDES ${GRADUS_CBLAS_INCLUDE})
set(CMAKE_REQUIRED_LIBRARIES ${GRADUS_BLAS})
check_cxx_symbol_exists(openblas_get_config cblas.h GRADUS_OPENBLAS)
unset(CMAKE_REQUIRED_INCLUDES)
unset(CMAKE_REQUIRED_LIBRARIES)
