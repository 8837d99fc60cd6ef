// Only holds the precompiled header, where there is one: it must belong to a target.
