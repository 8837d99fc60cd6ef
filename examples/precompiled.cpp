// Nothing but the precompiled header, where there is one: it has to belong to something.
