// Nothing but the precompiled header: it has to belong to something.
#include "precompiled.hpp"
