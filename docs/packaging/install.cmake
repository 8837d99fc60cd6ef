# What `cmake --install` installs, in components: `development` (headers, CMake package, pkg-config), `programs` (with manual
# pages, completions, units, examples), `wireshark` (the dissector) and `documents`. README.md here explains it.
include(CMakePackageConfigHelpers)
if(PROJECT_IS_TOP_LEVEL)
  include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
endif()

# --- development. Headers are the same for all architectures, so all of it is in share/.
set(package ${CMAKE_INSTALL_DATADIR}/cmake/ilnp)
install(DIRECTORY include/ilnp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.hpp")
install(TARGETS ilnp EXPORT ilnp-targets)
install(EXPORT ilnp-targets NAMESPACE ilnp:: DESTINATION ${package} COMPONENT development)
# For find_package from the build folder, without an installation: the same configuration file works beside this one.
export(EXPORT ilnp-targets NAMESPACE ilnp:: FILE ${CMAKE_CURRENT_BINARY_DIR}/ilnp-targets.cmake)
file(CONFIGURE OUTPUT ilnp-config.cmake @ONLY CONTENT [[
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.81)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/ilnp-targets.cmake)
@ilnp_sctp@@ilnp_names@]])
write_basic_package_version_file(ilnp-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ilnp-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/ilnp-config-version.cmake
        DESTINATION ${package} COMPONENT development)

# pkg-config finds the headers from where its files are, so the prefix may be chosen or changed later.
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_INCLUDEDIR absolute)
set(pc_include ${CMAKE_INSTALL_INCLUDEDIR})
if(NOT absolute)
  file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_DATADIR}/pkgconfig /prefix)
  string(REGEX REPLACE "/$" "" up "${up}")
  set(pc_include "\${pcfiledir}/${up}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
function(ilnp_install_pc name description)  # [field]...
  list(JOIN ARGN "\n" fields)
  file(CONFIGURE OUTPUT ${name}.pc @ONLY CONTENT
       "includedir=@pc_include@\n\nName: @name@\nDescription: @description@\nVersion: @PROJECT_VERSION@\n@fields@\n")
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig
          COMPONENT development)
endfunction()
ilnp_install_pc(ilnp "${PROJECT_DESCRIPTION}" "Cflags: -I\${includedir} -pthread" "Libs: -pthread")
ilnp_install_pc(ilnp-sctp "Streams of ilnp, with usrsctp" "Requires: ilnp = ${PROJECT_VERSION} usrsctp")
ilnp_install_pc(ilnp-names "Names of hosts outside for ilnp, with c-ares" "Requires: ilnp = ${PROJECT_VERSION} libcares")

# --- documents
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documents)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documents
        FILES_MATCHING REGEX "\\.(md|svg|json)$" PATTERN packaging EXCLUDE PATTERN man EXCLUDE)

# --- programs
get_property(programs GLOBAL PROPERTY ilnp_programs)
if(NOT programs)
  return()
endif()
install(TARGETS ${programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)

# The prefix is known only when it is installed: `cmake --install --prefix`. Below /usr, Debian has places of its own.
string(CONFIGURE [[
set(ilnp_libdir "@CMAKE_INSTALL_LIBDIR@")
set(ilnp_zsh "@CMAKE_INSTALL_DATADIR@/zsh/site-functions")
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr" AND EXISTS /etc/debian_version)
  set(ilnp_zsh "@CMAKE_INSTALL_DATADIR@/zsh/vendor-completions")
  if(NOT "@CMAKE_LIBRARY_ARCHITECTURE@" STREQUAL "")
    set(ilnp_libdir "lib/@CMAKE_LIBRARY_ARCHITECTURE@")
  endif()
endif()
]] places @ONLY)
install(CODE "${places}" ALL_COMPONENTS)

install(FILES examples/wireshark/ilnp.lua DESTINATION "\${ilnp_libdir}/wireshark/plugins" COMPONENT wireshark)
install(FILES examples/grafana/ilnp.json DESTINATION ${CMAKE_INSTALL_DATADIR}/ilnp/grafana COMPONENT programs)
# Of the scripts of the pictures those that ilnp-lab runs; the others belong to the demos.
set(scripts examples/plot/flows.sh examples/plot/compare.sh)
file(GLOB styles CONFIGURE_DEPENDS examples/plot/*.gp)
install(PROGRAMS ${scripts} DESTINATION ${CMAKE_INSTALL_DATADIR}/ilnp/plot COMPONENT programs)
install(FILES ${styles} examples/plot/evaluate.awk DESTINATION ${CMAKE_INSTALL_DATADIR}/ilnp/plot COMPONENT programs)
install(DIRECTORY examples/config examples/scenarios DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT programs)

# Manual pages and completions, from what the programs say with --help.
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_Interpreter_FOUND OR (CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR))
  message(STATUS "No manual pages and no completions: they need Python 3, and programs that run on this machine")
else()
  set(made ${CMAKE_CURRENT_BINARY_DIR}/examples/share)
  set(help ${PROJECT_SOURCE_DIR}/examples/completion/program_help.py)
  set(man ${PROJECT_SOURCE_DIR}/docs/man/generate.py)
  set(python ${Python3_EXECUTABLE} -B)
  set(complete ${PROJECT_SOURCE_DIR}/examples/completion/generate.py)
  list(TRANSFORM programs APPEND .1 OUTPUT_VARIABLE pages)
  set(ini ${made}/man5/ilnp.ini.5.gz)
  add_custom_command(OUTPUT ${ini} VERBATIM
                     COMMAND ${python} ${man} ${PROJECT_VERSION} ${ini} ini ${pages}
                     DEPENDS ${man} ${help} docs/configuration.md examples/config/alice.ini)
  install(FILES ${ini} DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT programs)
  set(outputs ${ini})
  foreach(program IN LISTS programs)
    set(page ${made}/man1/${program}.1.gz)
    set(section docs/man/${program}.man)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${section})
      set(section)
    endif()
    set(bash ${made}/bash/${program})
    set(zsh ${made}/zsh/_${program})
    set(fish ${made}/fish/${program}.fish)
    add_custom_command(OUTPUT ${page} ${bash} ${zsh} ${fish} VERBATIM
                       COMMAND ${python} ${man} ${PROJECT_VERSION} ${page} program $<TARGET_FILE:${program}> ${pages} ilnp.ini.5
                       COMMAND ${python} ${complete} bash ${bash} $<TARGET_FILE:${program}>
                       COMMAND ${python} ${complete} zsh ${zsh} $<TARGET_FILE:${program}>
                       COMMAND ${python} ${complete} fish ${fish} $<TARGET_FILE:${program}>
                       DEPENDS ${program} ${man} ${complete} ${help} ${section})
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)
    install(FILES ${bash} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT programs)
    install(FILES ${zsh} DESTINATION "\${ilnp_zsh}" COMPONENT programs)
    install(FILES ${fish} DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT programs)
    list(APPEND outputs ${page} ${bash} ${zsh} ${fish})
  endforeach()
  add_custom_target(ilnp-manual ALL DEPENDS ${outputs})
endif()

# systemd's units, one for each kind of node. They name the programs where these are installed.
string(CONFIGURE [[
set(bindir "${CMAKE_INSTALL_PREFIX}/@CMAKE_INSTALL_BINDIR@")
function(install_unit kind what description options)  # [LIMITS lines] [INTERFACE]
  cmake_parse_arguments(PARSE_ARGV 4 unit "INTERFACE" "LIMITS" "")
  set(limits "${unit_LIMITS}")
  set(rights "It needs no privilege.")
  set(capabilities)
  set(devices "PrivateDevices=yes")
  set(no_settings yes)
  if(unit_INTERFACE)
    set(rights "It makes a network interface, and needs the right to do so.")
    set(capabilities CAP_NET_ADMIN)
    set(devices "PrivateDevices=no\nDeviceAllow=/dev/net/tun rw")
    set(no_settings no)
  endif()
  set(made "@CMAKE_CURRENT_BINARY_DIR@/examples/share/systemd/ilnp-${kind}@.service")
  configure_file("@PROJECT_SOURCE_DIR@/examples/systemd/ilnp@.service.in" "${made}" @ONLY)
  file(INSTALL "${made}" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
endfunction()
install_unit(proxy "a proxy" proxy "10000 --map 10001:bob:10001")
install_unit(router "a router" router "--metrics 127.0.0.1:9100")
install_unit(stream ilnp-stream streams "--expose 22 --listen 2222:bob:22"
             LIMITS "# A connection takes a descriptor or two.\nLimitNOFILE=65536\n")
install_unit(tun ilnp-tun tunnel "--expose 22"
             LIMITS "# A connection takes a descriptor or two.\nLimitNOFILE=65536\n" INTERFACE)
]] units @ONLY)
install(CODE "${units}" COMPONENT programs)
