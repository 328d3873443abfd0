# Runs `command`, a list. Fails unless it ends with code 2, prints `text` to the standard error, and nothing to the
# standard output.
execute_process(COMMAND ${command} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE error)
string(FIND "${error}" "${text}" position)
if(NOT code EQUAL 2 OR position EQUAL -1 OR NOT output STREQUAL "")
  message(FATAL_ERROR "exit code ${code}\n${output}\n${error}\nexpected exit code 2 and: ${text}")
endif()
