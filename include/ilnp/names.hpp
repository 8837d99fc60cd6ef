#pragma once

/// Names of hosts outside the overlay, for exits. Not in ilnp.hpp because it needs c-ares (Debian's libc-ares-dev): link
/// `ilnp::names`.

#include "gateway/names/hosts_file.hpp"
#include "gateway/names/name_lookup.hpp"
#include "gateway/names/name_resolver.hpp"
