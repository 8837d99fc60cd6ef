# A port for vcpkg that installs this checkout: vcpkg install ilnp --overlay-ports=docs/packaging/vcpkg
set(VCPKG_BUILD_TYPE release)  # headers only

get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../../.." ABSOLUTE)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS -DILNP_BUILD_EXAMPLES=OFF -DILNP_BUILD_TESTS=OFF -DILNP_BUILD_BENCHMARKS=OFF -DILNP_INSTALL=ON
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/ilnp)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/doc")

# Those of features that are not installed would name packages that are missing.
foreach(feature IN ITEMS names sctp)
  if(NOT feature IN_LIST FEATURES)
    file(REMOVE "${CURRENT_PACKAGES_DIR}/share/pkgconfig/ilnp-${feature}.pc")
  endif()
endforeach()
file(INSTALL "${CURRENT_PORT_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
