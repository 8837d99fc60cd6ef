#pragma once

/// Names of hosts outside of the overlay, for exits. Not in ilnp.hpp, for it takes c-ares (Debian's libc-ares-dev): link
/// `ilnp::names`.

#include "names/hosts_file.hpp"
#include "names/name_lookup.hpp"
#include "names/name_resolver.hpp"
