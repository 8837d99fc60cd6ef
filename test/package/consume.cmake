# Builds and runs consumer/ in FOLDER, with the toolkit installed to a fresh prefix, found in its build folder, or added
# as a folder (WAY).
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${FOLDER})
if(WAY STREQUAL "find_package")
  run(${CMAKE_COMMAND} --install ${BUILD} --component development --prefix ${FOLDER}/prefix)
  set(where -D CMAKE_PREFIX_PATH=${FOLDER}/prefix)
elseif(WAY STREQUAL "build_folder")
  set(where -D CMAKE_PREFIX_PATH=${BUILD})
else()
  set(where -D ILNP_SOURCE=${SOURCE})
endif()
run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${FOLDER}/build ${where}
    -D CMAKE_CXX_COMPILER=${COMPILER} -D "CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}" -D Boost_DIR=${BOOST_DIR})
run(${CMAKE_COMMAND} --build ${FOLDER}/build)
run(${FOLDER}/build/consumer)
