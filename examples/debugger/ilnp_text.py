"""How the debuggers show values of ilnp. Knows neither gdb nor LLDB."""

import os

SHOWN = 48  # octets; more are left out
NEVER = 2**63 - 1


def name(value):
    """A locator or an identifier: four groups of hex digits, as the programs write it."""
    return ":".join(f"{value >> shift & 0xffff:x}" for shift in (48, 32, 16, 0))


def octets(size, first):
    """`size` octets, of which `first` is the beginning."""
    if size == 0:
        return "0 octets"
    text = "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in first)
    more = " ..." if len(first) < size else ""
    return f"{size} octet{'s' if size != 1 else ''}: {first.hex(' ')}{more} |{text}{more}|"


def time(nanoseconds):
    """A point of the clock of the protocol code."""
    if nanoseconds == NEVER:
        return "never"
    if nanoseconds == -(2**63) // 4:
        return "long ago"
    return f"{nanoseconds / 1e9:.6f} s"


def error(value, category, errc):
    """An error code. `category` is the name of its class, and `errc` the enumerators of `ilnp::Errc` by value."""
    if category == "ilnp::ErrorCategory":
        return errc.get(value, f"ilnp error {value}")
    if category in ("boost::system::detail::system_error_category", "boost::system::detail::generic_error_category"):
        return f"{os.strerror(value)} (errno {value})"
    return f"{category} {value}"
