"""The dissector on a link where two proxies talk, while they do."""

import capture  # noqa: F401, it also says where test/system is
import lab
from capture import SCRIPT


class Live(lab.LabTest):
    def test_two_proxies_exchange_datagrams(self):
        hosts = {name: self.lab.host(name) for name in ("alice", "bob")}
        names = ("ilnp.src.name", "ilnp.dst.name", "ilnp.network", "ilnp.user_id", "ilnp.stp.srcport", "ilnp.stp.dstport", "ilnp.stp.length",
                 "ilnp.stp.payload", "ilnp.discovery.name", "ilnp.stp.kind", "ilnp.fragment.count", "_ws.expert.severity")
        command = ["tshark", "-n", "-l", "-i", "eth0", "-f", "udp", "-X", "lua_script:" + SCRIPT, "-T", "fields", "-E", "separator=;",
                   *(option for name in names for option in ("-e", name))]
        watch = lab.Process(self.lab, self.lab.host("eve"), "tshark", command)  # its card is promiscuous, and hears all groups
        for name, nid, other in (("alice", "ffff:0:0:a", "bob"), ("bob", "ffff:0:0:b", "alice")):
            self.lab.proxy(hosts[name], "0:0:0:a", nid, [f"10001:{other}:10001"])
        for name in hosts:  # they say their names every two seconds, so the capture has begun
            watch.wait_line(f"^{name};;0:0:0:a;{lab.USER_ID};;;;;{name};;;$", 60)
        at_alice, at_bob = hosts["alice"].udp(10001), hosts["bob"].udp(10001)
        flows = [lab.Flow("alice to bob", at_alice, at_bob), lab.Flow("bob to alice", at_bob, at_alice)]
        lab.warm_up(flows)
        for sender, said in (("alice;bob", b"hello, bob"), ("bob;alice", b"hello, alice")):
            (at_alice if sender[0] == "a" else at_bob).sendto(said, ("127.0.0.1", lab.PROXY_PORT))
            watch.wait_line(f"^{sender};0:0:0:a;{lab.USER_ID};10001;10001;{len(said)};{said.hex()};;;;$", 30)
        long = bytes(range(250)) * 20
        at_alice.sendto(long, ("127.0.0.1", lab.PROXY_PORT))
        # The fragments leave as a train, which a virtual link carries in one piece.
        watch.wait_line(f"^alice,.*;bob,.*;{lab.USER_ID}.*;{long.hex()};;3,3,3,3;4;[^;]*$", 30)
        self.assertEqual(watch.output.count("Lua Error"), 0)
        self.assertNotIn(str(capture.ERROR), watch.output)


if __name__ == "__main__":
    lab.main()
