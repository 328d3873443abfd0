# The engine and its topics. A topic is a folder with all of one thing, which the engine does not know; it is built when
# GRADUS_TOPICS asks for it or another topic needs it.
#
# This file sets, for a part that is `engine` or the folder of a topic,
#   gradus_sources_<part>, gradus_includes_<part>   its .cpp files; the include folders that it may use
# and for the whole library
#   gradus_topics, gradus_all_topics                those that are built; whether that is all of them
#   gradus_includes_all, gradus_interface           the include folders; the headers to be installed
#   gradus_generated                                where engine.h and gradus.h are made, which include all of the
#                                                   engine, and with it all topics that are built

set(gradus_rooms core autograd layers optim data train)
set(gradus_known_topics)

macro(gradus_topic folder)
  list(APPEND gradus_known_topics ${folder})
  set(gradus_needs_${folder} ${ARGN})
endmacro()

# Headers are included as <gradus/core/tensor.h> in the tree and after installation alike: by links in a folder for each
# part, so that what a part may include is a list of folders.
function(gradus_link_headers part headers)
  foreach(header IN LISTS headers)
    cmake_path(GET header PARENT_PATH folder)
    file(MAKE_DIRECTORY ${links}/${part}/gradus/${folder})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${header} ${links}/${part}/gradus/${header} SYMBOLIC)
  endforeach()
endfunction()

# Without those that say of themselves that they are internal.
function(gradus_public_headers result headers)
  set(public)
  foreach(header IN LISTS headers)
    file(STRINGS ${PROJECT_SOURCE_DIR}/${header} internal REGEX "^#pragma once  // internal" LIMIT_COUNT 1)
    if(NOT internal)
      list(APPEND public ${header})
    endif()
  endforeach()
  set(${result} ${public} PARENT_SCOPE)
endfunction()

# A header that includes others.
function(gradus_umbrella name comment headers)
  set(text "#pragma once\n\n// ${comment}\n")
  foreach(header IN LISTS headers)
    string(APPEND text "#include <gradus/${header}>\n")
  endforeach()
  file(CONFIGURE OUTPUT ${gradus_generated}/gradus/${name} CONTENT "${text}" @ONLY)
endfunction()

macro(gradus_glob_part part)
  set(headers ${ARGN})
  list(TRANSFORM headers APPEND /*.h)
  set(sources ${ARGN})
  list(TRANSFORM sources APPEND /*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${headers})
  file(GLOB gradus_sources_${part} CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${sources})
  gradus_link_headers(${part} "${headers}")
  gradus_public_headers(public_headers "${headers}")
  list(APPEND gradus_interface ${public_headers})
  list(APPEND gradus_includes_all ${links}/${part})
endmacro()

macro(gradus_select_topics wanted)
  set(gradus_topics)
  set(pending ${wanted})
  if("${pending}" STREQUAL all)
    set(pending ${gradus_known_topics})
  endif()
  while(pending)
    list(POP_FRONT pending topic)
    if(NOT topic IN_LIST gradus_known_topics)
      list(JOIN gradus_known_topics ", " known)
      message(FATAL_ERROR "gradus: unknown topic '${topic}' in GRADUS_TOPICS (known: ${known})")
    endif()
    if(NOT topic IN_LIST gradus_topics)
      list(APPEND gradus_topics ${topic})
      list(APPEND pending ${gradus_needs_${topic}})
    endif()
  endwhile()
  list(SORT gradus_topics)
  list(LENGTH gradus_topics built)
  list(LENGTH gradus_known_topics known)
  set(gradus_all_topics FALSE)
  if(built EQUAL known)
    set(gradus_all_topics TRUE)
  endif()

  set(links ${PROJECT_BINARY_DIR}/include)
  set(gradus_generated ${PROJECT_BINARY_DIR}/generated)
  file(REMOVE_RECURSE ${links})
  set(gradus_interface)
  set(gradus_includes_all)
  gradus_glob_part(engine ${gradus_rooms} core/kernels)
  set(gradus_includes_engine ${links}/engine)
  gradus_umbrella(engine.h "The engine." "${public_headers}")
  set(topic_headers engine.h)
  set(declarations)
  set(calls)
  foreach(topic IN LISTS gradus_topics)
    gradus_glob_part(${topic} ${topic})
    set(gradus_includes_${topic} ${links}/engine ${links}/${topic})
    list(APPEND topic_headers ${public_headers})
    # A topic with layers has a function that registers them with make_layer.
    if(EXISTS ${PROJECT_SOURCE_DIR}/${topic}/register_layers.cpp)
      cmake_path(GET topic FILENAME name)
      string(APPEND declarations "void register_${name}_layers();\n")
      string(APPEND calls "  register_${name}_layers();\n")
    endif()
  endforeach()
  foreach(topic IN LISTS gradus_topics)  # needs of needs count, too
    set(needed ${gradus_needs_${topic}})
    while(needed)
      list(POP_FRONT needed need)
      list(APPEND gradus_includes_${topic} ${links}/${need})
      list(APPEND needed ${gradus_needs_${need}})
    endwhile()
  endforeach()

  gradus_umbrella(gradus.h "The engine and all topics of this build." "${topic_headers}")
  list(APPEND gradus_includes_all ${gradus_generated})
  if(layers/registry IN_LIST gradus_topics)
    file(CONFIGURE OUTPUT ${gradus_generated}/register_topics.cpp @ONLY CONTENT
"#include <gradus/layers/registry/registry.h>

namespace gradus::inline GRADUS_PRECISION {

${declarations}
void register_topics() {
${calls}}

}  // namespace gradus::inline GRADUS_PRECISION
")
    list(APPEND gradus_sources_layers/registry ${gradus_generated}/register_topics.cpp)
  endif()
endmacro()
