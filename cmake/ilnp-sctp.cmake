# ilnp::sctp, for ilnp/sctp.hpp: the toolkit and usrsctp (Debian: libusrsctp-dev). Not there if usrsctp is not.
find_path(USRSCTP_INCLUDE_DIR usrsctp.h)
find_library(USRSCTP_LIBRARY usrsctp)
mark_as_advanced(USRSCTP_INCLUDE_DIR USRSCTP_LIBRARY)
if(USRSCTP_INCLUDE_DIR AND USRSCTP_LIBRARY AND NOT TARGET ilnp::sctp)
  add_library(ilnp::sctp INTERFACE IMPORTED GLOBAL)
  target_link_libraries(ilnp::sctp INTERFACE ilnp::ilnp ${USRSCTP_LIBRARY})
  target_include_directories(ilnp::sctp SYSTEM INTERFACE ${USRSCTP_INCLUDE_DIR})
endif()
