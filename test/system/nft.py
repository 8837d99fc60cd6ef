"""A firewall for a host: rules of nf_tables, made without the program nft, which a machine need not have."""

import os
import socket
import struct

_NFNETLINK, _NFTABLES, _IPV6 = 12, 10, 10
_REQUEST, _ACK, _DUMP, _CREATE, _APPEND = 1, 4, 0x300, 0x400, 0x800
_NEW_TABLE, _DELETE_TABLE, _NEW_CHAIN, _NEW_RULE, _GET_RULE = 0, 2, 3, 6, 7


def _attribute(kind, value):
    if isinstance(value, int):
        value = struct.pack("!I", value)
    elif isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, list):
        kind, value = kind | 0x8000, b"".join(value)
    return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)


def _expression(name, *attributes):
    return _attribute(1, [_attribute(1, name), _attribute(2, list(attributes))])


def _attributes(octets):
    while len(octets) >= 4:
        length, kind = struct.unpack_from("=HH", octets)
        yield kind & 0x3FFF, octets[4:length]
        octets = octets[length + -length % 4:]


class Firewall:
    """Drops what the host itself sends by UDP to a port (`refused`), or to all ports but one (`passed`), over IPv6. Who sends it is
    told: Operation not permitted. Ends with `remove`. OSError where the kernel has no nf_tables."""

    def __init__(self, host, refused=None, passed=None):
        with host:
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NFNETLINK)
        self.socket.bind((0, 0))
        self.socket.settimeout(5)
        port = refused if refused is not None else passed
        table = _attribute(1, "test")
        hook = _attribute(4, [_attribute(1, 3), _attribute(2, 0)])  # what leaves this host
        rule = [_expression("meta", _attribute(1, 1), _attribute(2, 16)),  # the transport protocol
                _expression("cmp", _attribute(1, 1), _attribute(2, 0), _attribute(3, [_attribute(1, b"\x11")])),
                _expression("payload", _attribute(1, 1), _attribute(2, 2), _attribute(3, 2), _attribute(4, 2)),
                _expression("cmp", _attribute(1, 1), _attribute(2, 0 if refused is not None else 1),
                            _attribute(3, [_attribute(1, struct.pack("!H", port))])),
                _expression("counter"),
                _expression("immediate", _attribute(1, 0), _attribute(2, [_attribute(2, [_attribute(1, 0)])]))]
        self._change((_NEW_TABLE, _CREATE, table),
                     (_NEW_CHAIN, _CREATE, table + _attribute(3, "out") + hook + _attribute(7, "filter")),
                     (_NEW_RULE, _CREATE | _APPEND, table + _attribute(2, "out") + _attribute(4, rule)))

    def dropped(self):
        """How many packets it has dropped."""
        self.socket.send(self._message(_NFTABLES << 8 | _GET_RULE, _REQUEST | _DUMP, b"", _IPV6))
        packets = 0
        while True:
            octets = self.socket.recv(1 << 16)
            while octets:
                length, kind = struct.unpack_from("=IH", octets)
                if kind in (2, 3):  # an error, or the end
                    return packets
                for name, value in _attributes(octets[20:length]):
                    if name == 4:
                        for _, expression in _attributes(value):
                            parts = dict(_attributes(expression))
                            if parts.get(1) == b"counter\0":
                                packets += struct.unpack("!Q", dict(_attributes(parts[2]))[2])[0]
                octets = octets[length + -length % 4:]

    def remove(self):
        self._change((_DELETE_TABLE, 0, _attribute(1, "test")))
        self.socket.close()

    @staticmethod
    def _message(kind, flags, body, family=0, resource=0):
        body = struct.pack("!BBH", family, 0, resource) + body
        return struct.pack("=IHHII", len(body) + 16, kind, flags, 1, 0) + body

    def _change(self, *changes):
        """All of them, or none."""
        batch = self._message(16, _REQUEST, b"", 0, _NFTABLES)
        for kind, flags, body in changes:
            batch += self._message(_NFTABLES << 8 | kind, _REQUEST | _ACK | flags, body, _IPV6)
        self.socket.send(batch + self._message(17, _REQUEST, b"", 0, _NFTABLES))
        for _ in changes:
            answer = self.socket.recv(1 << 16)
            error = struct.unpack_from("=i", answer, 16)[0]
            if error:
                raise OSError(-error, "nf_tables: " + os.strerror(-error))
