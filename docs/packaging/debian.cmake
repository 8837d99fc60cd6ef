# The Debian packages, made by `cpack` in the build folder from what is built there: ilnp (programs) and ilnp-dev (headers).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "the ilnp project")
set(CPACK_PACKAGE_CONTACT "The ilnp maintainers <maintainers@ilnp.invalid>" CACHE STRING "Maintainer of the packages: Name <address>")
set(CPACK_PACKAGE_CHECKSUM SHA256)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
# Files are installed as by `DESTDIR=... cmake --install --prefix /usr`, so that those that name the prefix are right.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL development debian-development)
set(CPACK_COMPONENT_DEVELOPMENT_GROUP ilnp-dev)
set(CPACK_COMPONENT_DEBIAN-DEVELOPMENT_GROUP ilnp-dev)
if(ILNP_BUILD_EXAMPLES)
  list(APPEND CPACK_COMPONENTS_ALL programs wireshark debian-programs)
  set(CPACK_COMPONENT_PROGRAMS_GROUP ilnp)
  set(CPACK_COMPONENT_WIRESHARK_GROUP ilnp)
  set(CPACK_COMPONENT_DEBIAN-PROGRAMS_GROUP ilnp)
endif()

set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ILNP_PACKAGE_NAME ilnp)
set(CPACK_DEBIAN_ILNP_PACKAGE_SECTION net)
set(CPACK_DEBIAN_ILNP_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ILNP_PACKAGE_SUGGESTS "gnuplot-nox | gnuplot, wireshark | tshark")
set(CPACK_DEBIAN_ILNP_DESCRIPTION "nodes of an ILNP overlay network
Lets unmodified programs talk over an overlay network in which a node keeps
its name and its connections while it moves from network to network, as the
Identifier-Locator Network Protocol (RFC 6740) describes. With proxies for
UDP and TCP, a router, a simulator, and a program to control them.")
set(CPACK_DEBIAN_ILNP-DEV_PACKAGE_NAME ilnp-dev)
set(CPACK_DEBIAN_ILNP-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_ILNP-DEV_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_ILNP-DEV_PACKAGE_DEPENDS "libboost1.81-dev | libboost-dev (>= 1.81)")
set(CPACK_DEBIAN_ILNP-DEV_PACKAGE_SUGGESTS "libusrsctp-dev, libc-ares-dev")
set(CPACK_DEBIAN_ILNP-DEV_DESCRIPTION "toolkit for ILNP overlay networks - headers
Headers for nodes of overlay networks that follow the Identifier-Locator
Network Protocol (RFC 6740): layers that do no I/O, sockets for Boost.Asio,
and a simulator. C++20; works with CMake and pkg-config. Streams take
libusrsctp-dev, and names of outside hosts libc-ares-dev.")

# What only Debian wants: copyright, change logs, the folder for configurations, what happens at an installation.
set(made ${CMAKE_CURRENT_BINARY_DIR}/debian)
file(READ LICENSE license)
string(REGEX REPLACE "\n$" "" license "${license}")
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license "${license}")
string(TIMESTAMP year "%Y" UTC)
file(WRITE ${made}/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ilnp

Files: *
Copyright: ${year} the authors of ilnp
License: BSL-1.0

License: BSL-1.0
 ${license}
")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, if it is set
file(WRITE ${made}/changelog.Debian "ilnp (${PROJECT_VERSION}-1) unstable; urgency=medium

  * Release ${PROJECT_VERSION}: see changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
foreach(script postinst prerm postrm)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/debian/${script} ${made}/${script} COPYONLY FILE_PERMISSIONS
                 OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  list(APPEND scripts ${made}/${script})
endforeach()
set(CPACK_DEBIAN_ILNP_PACKAGE_CONTROL_EXTRA ${scripts})

set(papers_template [[
set(doc "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share/doc/@package@")
file(INSTALL "@made@/copyright" DESTINATION "${CMAKE_INSTALL_PREFIX}/share/doc/@package@")
foreach(pair "@PROJECT_SOURCE_DIR@/CHANGELOG.md:changelog" "@made@/changelog.Debian:changelog.Debian")
  string(REGEX MATCH "^(.*):(.*)$" pair "${pair}")
  execute_process(COMMAND gzip -9nc "${CMAKE_MATCH_1}" OUTPUT_FILE "${doc}/${CMAKE_MATCH_2}.gz" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
]])
foreach(kind programs development)
  set(package ilnp)
  if(kind STREQUAL development)
    set(package ilnp-dev)
  endif()
  string(CONFIGURE "${papers_template}" papers @ONLY)
  install(CODE "${papers}" COMPONENT debian-${kind} EXCLUDE_FROM_ALL)
endforeach()
install(DIRECTORY DESTINATION /etc/ilnp COMPONENT debian-programs EXCLUDE_FROM_ALL)
include(CPack)
