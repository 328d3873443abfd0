# Without one of the packages, configuring ends with one message that names the package to install.
file(REMOVE_RECURSE ${binary})

# expect(<folder> <message> <option>...): configures <folder> with the options. The same build folder serves all: each
# row has to undo what the one before it asked for.
function(expect folder message)
  cmake_path(GET folder FILENAME name)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${folder} -B ${binary}/${name} -G ${generator} ${ARGN}
    OUTPUT_QUIET ERROR_VARIABLE text RESULT_VARIABLE result)
  string(REGEX MATCHALL "CMake (Error|Warning)" complaints "${text}")
  list(LENGTH complaints count)
  string(REGEX REPLACE "[ \n]+" " " line "${text}")  # CMake wraps lines
  string(FIND "${line}" "${message}" position)
  if(result EQUAL 0 OR NOT count EQUAL 1 OR position EQUAL -1)
    list(JOIN ARGN " " options)
    message(SEND_ERROR " cmake ${options}: expected one error with\n ${message}\n got result ${result} and\n ${text}")
  endif()
endfunction()

set(apt "was not found. On Debian: sudo apt-get install")
set(all OpenMP fmt ZLIB nlohmann_json CLI11 doctest)
set(titles OpenMP fmt zlib nlohmann-json CLI11 doctest)
set(debian g++ libfmt-dev zlib1g-dev nlohmann-json3-dev libcli11-dev doctest-dev)
foreach(package title install IN ZIP_LISTS all titles debian)
  list(TRANSFORM all REPLACE "(.+)" "-DCMAKE_DISABLE_FIND_PACKAGE_\\1=OFF" OUTPUT_VARIABLE options)
  list(APPEND options -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
  expect(${source} "gradus: ${title} ${apt} ${install}" ${options})
endforeach()
expect(${source} "gradus: a BLAS with cblas.h ${apt} libopenblas-openmp-dev"
  -DCMAKE_DISABLE_FIND_PACKAGE_doctest=OFF -DGRADUS_OPENBLAS_OPENMP= -DCMAKE_DISABLE_FIND_PACKAGE_BLAS=ON)

# For those who use the installed library as well.
set(all OpenMP fmt ZLIB)
set(debian g++ libfmt-dev zlib1g-dev)
foreach(package install IN ZIP_LISTS all debian)
  list(TRANSFORM all REPLACE "(.+)" "-DCMAKE_DISABLE_FIND_PACKAGE_\\1=OFF" OUTPUT_VARIABLE options)
  expect(${outside} "${package} ${apt} ${install}" -DCMAKE_PREFIX_PATH=${prefix} ${options}
    -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
