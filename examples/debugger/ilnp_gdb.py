"""Shows locators, identifiers, octets, packets, results, errors and times of ilnp readably in gdb.

    (gdb) source examples/debugger/ilnp_gdb.py

Add this line to ~/.gdbinit to have it always. `print/r` shows a value without it.
"""

import os
import sys

import gdb
import gdb.printing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ilnp_text


def octets(span):
    size = int(span["_M_extent"]["_M_extent_value"])
    count = min(size, ilnp_text.SHOWN)
    first = gdb.selected_inferior().read_memory(int(span["_M_ptr"]), count).tobytes() if count else b""
    return ilnp_text.octets(size, first)


def alternative(variant):
    """The index of a `boost::variant2::variant` and the value that it holds."""
    while "ix_" not in [field.name for field in variant.type.strip_typedefs().fields()]:
        variant = variant[next(field for field in variant.type.strip_typedefs().fields() if field.is_base_class)]
    index = int(variant["ix_"])
    fields = [field.name for field in variant.type.strip_typedefs().fields()]
    storage = variant["st_" if "st_" in fields else "st1_" if index >= 0 else "st2_"]
    for _ in range(abs(index)):
        storage = storage["rest_"]
    return abs(index), storage["first_"]


class Text:
    """A value as one line."""

    def __init__(self, value):
        self.value = value


class Name(Text):
    def to_string(self):
        return ilnp_text.name(int(self.value["value_"]))


class Ilv(Text):
    def to_string(self):
        return ":".join(ilnp_text.name(int(self.value[part]["value_"])) for part in ("locator", "nid"))


class Octets(Text):
    def to_string(self):
        return octets(self.value)


class ErrorCode(Text):
    def to_string(self):
        if int(self.value["lc_flags_"]) == 0:
            return "no error"
        data = self.value["d1_"]
        errc = {field.enumval: field.name for field in gdb.lookup_type("ilnp::Errc").fields()}
        return ilnp_text.error(int(data["val_"]), str(data["cat_"].dynamic_type.target().unqualified()), errc)


class Result:
    """`boost::system::result`: a value or an error."""

    def __init__(self, value):
        self.index, self.held = alternative(value["v_"])

    def children(self):
        yield "value" if self.index == 1 else "error", self.held


class Parsed:
    """`ilnp::wire::Parsed`: a view, or the reason why there is none."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "parsed" if bool(self.value["has_view_"]) else f"not parsed: {self.value['reason_']}"

    def children(self):
        if bool(self.value["has_view_"]):
            yield "view", self.value["view_"]


class Packet:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        room, start = self.value["room_"], int(self.value["start_"])
        size = int(room["_M_extent"]["_M_extent_value"]) - start
        count = min(size, ilnp_text.SHOWN)
        first = gdb.selected_inferior().read_memory(int(room["_M_ptr"]) + start, count).tobytes() if count else b""
        return f"packet, headers of {ilnp_text.octets(size, first)}"

    def children(self):
        yield "payload", self.value["payload_"]


class Time(Text):
    def to_string(self):
        return ilnp_text.time(int(self.value["__d"]["__r"]))


class List:
    """`ilnp::List`."""

    def __init__(self, value):
        self.value = value
        self.of = value.type.strip_typedefs().template_argument(0)

    def to_string(self):
        size = int(self.value["size_"])
        return f"{size} element{'s' if size != 1 else ''}"

    def children(self):
        first = self.value["memory_"].cast(self.of.pointer())
        for at in range(int(self.value["size_"])):
            yield f"[{at}]", first[at]

    def display_hint(self):
        return "array"


def printer():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("ilnp")
    for name, pattern, shown in (
        ("Name64", "^ilnp::Name64<", Name),
        ("Ilv", "^ilnp::Ilv$", Ilv),
        ("Bytes", "^std::span<(const )?std::byte( const)?, ", Octets),
        ("error_code", "^boost::system::error_code$", ErrorCode),
        ("result", "^boost::system::result<", Result),
        ("Parsed", "^ilnp::wire::Parsed<", Parsed),
        ("Packet", "^ilnp::Packet$", Packet),
        ("TimePoint", "^std::chrono::time_point<ilnp::Clock, ", Time),
        ("List", "^ilnp::List<", List),
    ):
        printers.add_printer(name, pattern, shown)
    return printers


def register(objfile):
    # For each program and library, so that it comes before what the C++ library has for `std::span`.
    gdb.printing.register_pretty_printer(objfile, printer(), replace=True)


for each in gdb.objfiles():
    register(each)
gdb.events.new_objfile.connect(lambda event: register(event.new_objfile))
