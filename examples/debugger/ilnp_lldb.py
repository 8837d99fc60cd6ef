"""Shows locators, identifiers, octets, packets, results, errors and times of ilnp readably in LLDB.

    (lldb) command script import examples/debugger/ilnp_lldb.py

Add this line to ~/.lldbinit to have it always. `frame variable --raw` shows a value without it.
"""

import os
import sys

import lldb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ilnp_text


def member(value, name):
    """A member of a class or of its bases."""
    found = value.GetNonSyntheticValue().GetChildMemberWithName(name)
    return found.GetNonSyntheticValue() if found.IsValid() else None


def read(value, address, size):
    count = min(size, ilnp_text.SHOWN)
    first = value.GetProcess().ReadMemory(address, count, lldb.SBError()) if count else b""
    return ilnp_text.octets(size, first or b"")


def extent(span):
    return member(member(span, "_M_extent"), "_M_extent_value").GetValueAsUnsigned()


def name(value, _=None):
    return ilnp_text.name(member(value, "value_").GetValueAsUnsigned())


def ilv(value, _=None):
    return name(member(value, "locator")) + ":" + name(member(value, "nid"))


def octets(value, _=None):
    return read(value, member(value, "_M_ptr").GetValueAsUnsigned(), extent(value))


CATEGORIES = ["ilnp::ErrorCategory", "boost::system::detail::system_error_category", "boost::system::detail::generic_error_category"]


def class_at(target, address):
    """Which of these categories is there: the first word points behind the head of its virtual table, which has two words."""
    word = target.GetProcess().ReadPointerFromMemory(address, lldb.SBError())
    for name in CATEGORIES:
        for found in target.FindSymbols(f"vtable for {name}"):
            if found.symbol.addr.GetLoadAddress(target) + 2 * target.GetAddressByteSize() == word:
                return name
    return "an unknown category"


def error_code(value, _=None):
    if member(value, "lc_flags_").GetValueAsUnsigned() == 0:
        return "no error"
    data = member(value, "d1_")
    category = class_at(value.GetTarget(), member(data, "cat_").GetValueAsUnsigned())
    enumerators = value.GetTarget().FindFirstType("ilnp::Errc").GetEnumMembers()
    errc = {each.GetValueAsUnsigned(): "ilnp::Errc::" + each.GetName() for each in enumerators}
    return ilnp_text.error(member(data, "val_").GetValueAsSigned(), category, errc)


def result(value, _=None):
    variant = member(value, "v_")
    index = find(variant, "ix_").GetValueAsSigned()
    storage = find(variant, "st_") or find(variant, "st1_" if index >= 0 else "st2_")
    for _ in range(abs(index)):
        storage = member(storage, "rest_")
    held = storage.GetChildMemberWithName("first_")
    return f"{'value' if abs(index) == 1 else 'error'}: {held.GetSummary() or held.GetValue() or held.GetTypeName()}"


def find(value, wanted):
    """The same as `member`, in the base class of the base class and so on."""
    while value is not None and value.IsValid():
        found = member(value, wanted)
        if found is not None:
            return found
        value = value.GetChildAtIndex(0) if value.GetNumChildren() else None
    return None


def parsed(value, _=None):
    if member(value, "has_view_").GetValueAsUnsigned():
        return "parsed"
    return "not parsed: " + (member(value, "reason_").GetValue() or "")


def packet(value, _=None):
    room, start = member(value, "room_"), member(value, "start_").GetValueAsUnsigned()
    headers = read(value, member(room, "_M_ptr").GetValueAsUnsigned() + start, extent(room) - start)
    return f"packet, headers of {headers}, payload of {octets(member(value, 'payload_'))}"


def time(value, _=None):
    return ilnp_text.time(member(member(value, "__d"), "__r").GetValueAsSigned())


class List:
    """`ilnp::List`."""

    def __init__(self, value, _):
        self.value = value

    def update(self):
        self.of = self.value.GetType().GetTemplateArgumentType(0)
        self.size = find(self.value, "size_").GetValueAsUnsigned()
        self.first = find(self.value, "memory_").GetValueAsUnsigned()

    def num_children(self):
        return self.size

    def get_child_index(self, child):
        return int(child.strip("[]"))

    def get_child_at_index(self, at):
        return self.value.CreateValueFromAddress(f"[{at}]", self.first + at * self.of.GetByteSize(), self.of)


def size_of_list(value, _=None):
    size = find(value.GetNonSyntheticValue(), "size_").GetValueAsUnsigned()
    return f"{size} element{'s' if size != 1 else ''}"


def __lldb_init_module(debugger, _):
    for pattern, shown in (
        ("^ilnp::Name64<.*>$", "name"),
        ("^ilnp::Ilv$", "ilv"),
        ("^std::span<(const )?std::byte.*>$", "octets"),
        ("^boost::system::error_code$", "error_code"),
        ("^boost::system::result<.*>$", "result"),
        ("^ilnp::wire::Parsed<.*>$", "parsed"),
        ("^ilnp::Packet$", "packet"),
        ("^std::chrono::time_point<ilnp::Clock.*>$", "time"),
        ("^ilnp::List<.*>$", "size_of_list"),
    ):
        expand = "--expand " if shown in ("parsed", "size_of_list") else ""
        debugger.HandleCommand(f'type summary add {expand}-w ilnp -F {__name__}.{shown} -x "{pattern}"')
    debugger.HandleCommand(f'type synthetic add -w ilnp -l {__name__}.List -x "^ilnp::List<.*>$"')
    debugger.HandleCommand("type category enable ilnp")
