"""Tables and pictures of what measure.py found."""

import json
import pathlib
import shutil
import subprocess
import sys


def lines(head, rows):
    align = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in [head, align, *rows]) + "\n"


def thousands(value):
    return f"{value:,.0f}".replace(",", " ")


def verdict(value, bar, at_least):
    if value is None:
        return "–"
    met = value >= bar if at_least else value <= bar
    return f"{value:.2f}" if met else f"**{value:.2f}**"


def beside_null(row, key, bar, at_least):
    """Compares each row with the null forwarder. Only the router has bars."""
    value = row.get(key)
    if value is None or row["system"] != "ilnp-router":
        return "" if value is None else f"{value:.2f}"
    return verdict(value, bar, at_least)


def forward(rows):
    table = []
    for row in rows:
        loop = {True: "true", False: "false", None: "–"}[row["mcast_loop"]]
        cpu = f"{row['cpu_ns_per_packet'] / 1000:.3f}" if row["cpu_ns_per_packet"] else "–"
        table.append([row["system"], row["size"], "yes" if row["gso"] else "no", loop,
                      thousands(row["packets_per_second"]), cpu, f"{100 * row['cpu_share']:.0f} %"
                      if row["cpu_ns_per_packet"] else "–",
                      beside_null(row, "throughput_ratio", 0.85, True), beside_null(row, "cpu_ratio", 1.2, False)])
    table.sort(key=lambda cells: (cells[1], cells[2], cells[3], cells[0]))
    return lines(["", "octets", "sender uses GSO", "mcast_loop", "packets/s", "CPU µs/packet", "of its CPU",
                  "packets/s : null", "CPU : null"], table)


def chain(rows):
    table = []
    for row in sorted(rows, key=lambda row: (row["routed"], row["size"])):
        table.append([row["system"], "yes" if row["routed"] else "no", row["size"],
                      thousands(row["packets_per_second_gso0"]), thousands(row["packets_per_second_gso1"]),
                      f"{row['p50_us']:.0f}", f"{row['p99_us']:.0f}"])
    text = lines(["", "router", "octets", "packets/s", "packets/s, sender uses GSO", "p50 µs", "p99 µs"], table)
    ratios = []
    for row in rows:
        if row["system"] != "ilnp-proxy":
            continue
        for other in ("null relay", "null relay, multicast", "socat"):
            least, most = (0.85, 1.2) if other != "socat" else (1, 1)
            ratios.append(["yes" if row["routed"] else "no", row["size"], other,
                           verdict(row[f"throughput_ratio_gso0 / {other}"], least, True),
                           verdict(row[f"throughput_ratio_gso1 / {other}"], least, True),
                           verdict(row[f"p50_ratio / {other}"], most, False)])
    ratios.sort(key=lambda cells: (cells[0], cells[1]))
    return text + "\nilnp-proxy compared with the others (bold: misses its bar):\n\n" + lines(
        ["router", "octets", "compared with", "packets/s", "packets/s, sender uses GSO", "p50"], ratios)


def tables(rows):
    return lines(["mappings", "other known hosts", "packets/s", "CPU µs/packet", "resident KiB", "of these for the entries"],
                 [[row["mappings"], row["hosts"], thousands(row["packets_per_second"]),
                   f"{row['cpu_ns_per_packet'] / 1000:.2f}", thousands(row["kib"]), thousands(row["kib_more"])]
                  for row in rows])


def correspondents(rows):
    return lines(["correspondents", "moving", "sent", "received", "handoffs", "updates sent", "CPU µs/packet"],
                 [[row["correspondents"], "yes" if row["moving"] else "no", row["sent"], row["received"],
                   row["handoffs"], row["updates"], f"{row['cpu_ns_per_packet'] / 1000:.1f}"] for row in rows])


def minute(result):
    text = (f"{result['seconds']:.0f} s at {thousands(result['packets_per_second'])} packets/s, "
            f"from program to program through proxy, router and proxy. Every packet, hop by hop:\n\n")
    text += lines(["", "packets"], [[name, thousands(value)] for name, value in result["steps"]]) + "\n"
    text += lines(["", "resident KiB before", "after", "descriptors before", "after"],
                  [[row["name"], row["kib_before"], row["kib_after"], row["descriptors_before"],
                    row["descriptors_after"]] for row in result["memory"]])
    return text


def account(result):
    keys = ("sent", "frames_in", "overflow", "forwarded", "send_errors", "received", "unaccounted")
    return lines([key.replace("_", " ") for key in keys], [[thousands(result[key]) for key in keys]])


def overload(result):
    if result["median_s"] is None:
        return "nothing arrived\n"
    return lines(["router handles, packets/s", "offered", "lost there", "handoffs", "arrived within 3 s", "median s", "slowest s"],
                 [[thousands(result["capacity"]), thousands(result["offered"]), f"{100 * result['loss']:.0f} %",
                   result["handoffs"], result["within_3_s"], f"{result['median_s']:.2f}",
                   f"{result['slowest_s']:.2f}"]])


def where(rows):
    return lines(["", "octets", "sender uses GSO", "kernel, ns/packet", "C library", "program"],
                 [[row["system"], row["size"], "yes" if row["gso"] else "no"] +
                  [f"{row[key]:.0f}" for key in ("kernel_ns", "libc_ns", "program_ns")] for row in rows])


def footprint(result):
    rows = [["proxy: from start to listening, ms", f"{result['start_ms']:.0f}"],
            ["proxy: resident when idle, MiB", verdict(result["proxy_kib"] / 1024, 8, False)],
            ["router: resident when idle, MiB", f"{result['router_kib'] / 1024:.1f}"],
            ["router: size of the stripped program, KiB", f"{result['stripped_router_kib']:.0f}"]]
    for level in ("O0", "O2"):
        if f"compile_{level}_cpu_s" in result:
            rows.append([f"compiling a proxy, -{level}: CPU s", f"{result[f'compile_{level}_cpu_s']:.1f}"])
            rows.append([f"compiling a proxy, -{level}: MiB", f"{result[f'compile_{level}_mib']:.0f}"])
    return lines(["", ""], rows)


def streams(rows):
    return lines(["of the datagrams lost, each way", "usrsctp alone, MB/s", "Sctp in the stack, MB/s", "Sctp : alone",
                  "Sctp with the times of RFC 9260, MB/s"],
                 [[f"{100 * row['loss']:g} %", f"{row['bare_mb_s']:.1f}", f"{row['stack_mb_s']:.1f}",
                   verdict(row["ratio"], 0.8, True), f"{row['slow_mb_s']:.1f}"] for row in rows])


def connections(rows):
    keys = ("up_mb_s", "down_mb_s", "p50_us", "p99_us", "first_us")
    text = lines(["in", "through", "MB/s", "MB/s back", "reply, p50 µs", "p99 µs", "first reply, µs"],
                 [[row["where"], row["system"], f"{row['up_mb_s']:.1f}", f"{row['down_mb_s']:.1f}"] +
                  [thousands(row[key]) for key in keys[2:]] for row in rows])
    text += "\nilnp-stream, compared:\n\n"
    return text + lines(["in", "compared with", "MB/s", "MB/s back", "reply, p50", "p99", "first reply"],
                        [[row["where"], row["system"]] +
                         [f"{row['ratios'][key]:.2f}" if row["ratios"][key] else "–" for key in keys]
                         for row in rows if "ratios" in row])


# Of ilnp-tun to the others: throughput at least, CPU time and round trip at most.
TUN_BARS = {"null tun": {"mb_s": 0.85, "mb_s_8": 0.85, "mb_s_back": 0.85, "packets_per_second": 0.85, "cpu_s_per_gb": 1.2, "p50_us": 1.15},
            "kernel VXLAN": {"mb_s": 0.3}, "tinc, no encryption": {"mb_s": 5}, "OpenVPN, no encryption": {"mb_s": 5}, "wireguard-go": {"mb_s": 7}}
AT_MOST = ("cpu_s_per_gb", "p50_us", "p99_us", "loaded_p50_us", "loaded_p99_us", "loaded_8_p50_us", "loaded_8_p99_us")


def tun(rows):
    def figure(row, key, digits=0):
        return f"{row[key]:.{digits}f}" if row[key] else "–"

    def sent_again(row):
        return " / ".join(f"{row[key]:.0f}" for key in (("retransmits",) if row["routed"] else ("retransmits", "retransmits_8")))

    def pair(row, one, other):
        return f"{row[one]:.0f}, {row[other]:.0f}" if row[one] else "–"
    text = lines(["", "router", "MB/s", "8 connections", "MB/s back", "sent again, 1 / 8", "CPU s/GB", "datagrams/s", "reply, p50, p99 µs",
                  "one connection beside it", "8 beside it"],
                 [[row["system"], "yes" if row["routed"] else "no", figure(row, "mb_s"), figure(row, "mb_s_8"), figure(row, "mb_s_back"),
                   sent_again(row), figure(row, "cpu_s_per_gb", 2), thousands(row["packets_per_second"]) if row["packets_per_second"] else "–",
                   pair(row, "p50_us", "p99_us"), pair(row, "loaded_p50_us", "loaded_p99_us"), pair(row, "loaded_8_p50_us", "loaded_8_p99_us")]
                  for row in sorted(rows, key=lambda row: row["routed"])])
    keys = ("mb_s", "mb_s_8", "mb_s_back", "cpu_s_per_gb", "packets_per_second", "p50_us", "loaded_p50_us", "loaded_8_p50_us")

    def compared(row, key):
        value, bar = row["ratios"][key], TUN_BARS.get(row["system"], {}).get(key)
        return "–" if not value else f"{value:.2f}" if bar is None else verdict(value, bar, key not in AT_MOST)
    ratios = [[row["system"], "yes" if row["routed"] else "no", *(compared(row, key) for key in keys)]
              for row in sorted(rows, key=lambda row: row["routed"]) if "ratios" in row]
    if ratios:
        text += "\nilnp-tun, compared (bold: misses its bar):\n\n" + lines(
            ["compared with", "router", "MB/s", "8 connections", "MB/s back", "CPU s/GB", "datagrams/s", "reply, p50", "one connection beside it",
             "8 beside it"], ratios)
    joined = [row["segments_per_write"] for row in rows if row["segments_per_write"] and not row["routed"]]
    return text + (f"\nSegments that ilnp-tun joins into a write, one connection: {joined[0]:.0f}\n" if joined else "")


def tun_moves(rows):
    return lines(["alice's handoffs", "moves", "MB/s, median of 100 ms", "least : median", "100 ms below half", "of", "longest silence, s", "sent again"],
                 [["soft" if row["soft"] else "hard", row["moves"], f"{row['mb_s']:.0f}",
                   verdict(row["least"], 0.5, True) if row["soft"] else f"{row['least']:.2f}", row["below_half"], row["intervals"],
                   f"{row['silent_s']:.1f}", row["retransmits"]] for row in rows])


def tun_where(rows):
    return lines(["", "end", "CPU s/GB", "kernel", "C library", "program"],
                 [[row["system"], row["end"], f"{row['cpu_s_per_gb']:.2f}"] +
                  [f"{row[key] * row['cpu_s_per_gb']:.2f}" for key in ("kernel", "libc", "program")] for row in rows])


TITLES = [("forward", "Router", forward), ("chain", "Proxy to proxy", chain), ("tables", "Sizes of tables", tables),
          ("correspondents", "Correspondents while moving", correspondents), ("minute", "Full load", minute),
          ("account", "Where each packet went, under overload", account),
          ("overload", "Handoffs under overload", overload), ("where", "Where the CPU time goes", where),
          ("footprint", "Footprint", footprint), ("streams", "Streams", streams),
          ("connections", "Connections of TCP programs", connections), ("tun", "Unmodified programs through an interface", tun),
          ("tun_where", "Where the CPU time of a connection goes", tun_where),
          ("tun_moves", "A connection of ilnp-tun while alice moves", tun_moves)]


def table(result):
    machine = result["machine"]
    text = (f"{machine['date']}; {machine['cpus']} × {machine['cpu']}; Linux {machine['kernel']}; {machine['compiler']}; "
            f"medians of {machine['rounds']}; load of the machine before and after: {machine['load_before']:.1f}, "
            f"{machine['load_after']:.1f}; {'before' if machine['urgent'] else 'among'} all other work (SCHED_RR).\n")
    for key, title, make in TITLES:
        if key in result:
            text += f"\n### {title}\n\n{make(result[key])}"
    return text


# As in examples/plot/style.gp: the title and below it the key, to the left.
STYLE = """
set encoding utf8
set lmargin at screen 0.1
set rmargin at screen 0.98
set tmargin at screen 0.8
set border 3 linecolor rgb "#8a929a"
set tics nomirror out scale 0.6 textcolor rgb "#33383d"
set grid y linecolor rgb "#dfe3e7" linetype 1
set style data histogram
set style histogram clustered gap 1
set style fill solid noborder
set boxwidth 0.9
set key at screen 0.085,0.86 left center horizontal Left reverse maxrows 1 textcolor rgb "#33383d"
set offsets 0, 0, graph 0.06, 0
set yrange [0:*]
set bmargin 4
"""
COLOURS = ["#8a929a", "#2b83ba", "#56a4d9", "#e8a33d", "#3aa887"]


def bars(output, name, title, unit, groups, series, stacked=False):
    """`groups`: names; `series`: name → a value a group."""
    if not shutil.which("gnuplot") or not groups:
        return
    data = "$data << END\n"
    for index, group in enumerate(groups):
        data += f'"{group}" ' + " ".join(str(values[index]) for values in series.values()) + "\n"
    data += "END\n"
    plots = ", ".join(f'$data using {column + 2}:xtic(1) title "{key}" linecolor rgb "{COLOURS[column % 5]}"'
                      for column, key in enumerate(series))
    for kind, terminal in (("svg", 'svg noenhanced size 1100,520 dynamic font "DejaVu Sans,14" background "#ffffff"'),
                           ("png", 'pngcairo noenhanced size 1100,520 font "DejaVu Sans,11" background "#ffffff"')):
        script = (f"set terminal {terminal}\nset output '{output / (name + '.' + kind)}'\n{STYLE}"
                  + ("set style histogram rowstacked\nset offsets 0, 0, 0, 0\nset yrange [0:1]\nset boxwidth 0.6\nset bmargin 7\nset xtics font ',11'\n" if stacked else "") +
                  f"set label 1 '{title}' at screen 0.1,0.94 left font ',18' textcolor rgb '#33383d'\nset ylabel '{unit}' textcolor rgb '#33383d'\n{data}plot {plots}\n")
        subprocess.run(["gnuplot"], input=script, text=True, check=True)


def pictures(result, output):
    output = pathlib.Path(output)
    if "forward" in result:
        rows = {(row["system"], row["mcast_loop"], row["size"], row["gso"]): row for row in result["forward"]}
        for gso in (True, False):
            cells = [(size, loop) for size in (84, 1440) for loop in (True, False)]
            groups = [f"{size} octets\\nmcast_loop {str(loop).lower()}" for size, loop in cells]
            systems = ("null forwarder", "ilnp-router")
            suffix = "gso" if gso else "single"
            with_what = "sender uses GSO" if gso else "sender sends datagram by datagram"
            bars(output, f"router-cpu-{suffix}", f"CPU time of a forwarded packet, {with_what}", "µs", groups,
                 {system: [rows[system, loop, size, gso]["cpu_ns_per_packet"] / 1000 for size, loop in cells]
                  for system in systems})
            series = {system: [rows[system, loop, size, gso]["packets_per_second"] / 1000 for size, loop in cells]
                      for system in systems}
            series["kernel (IPv6)"] = [rows["kernel", None, size, gso]["packets_per_second"] / 1000 for size, _ in cells]
            bars(output, f"router-throughput-{suffix}", f"Packets without loss, {with_what}", "1000 packets/s", groups, series)
    if "chain" in result:
        rows = {(row["system"], row["routed"], row["size"]): row for row in result["chain"]}
        cells = [(routed, size) for routed in (False, True) for size in (64, 512, 1396)]
        groups = [f"{size} octets{chr(92) + 'nrouter' if routed else ''}" for routed, size in cells]
        systems = ["none", "null relay", "null relay, multicast", "socat", "ilnp-proxy"]

        def values(key, scale):
            return {system if system != "none" else "no relay":
                    [rows[system, routed, size][key] / scale if (system, routed, size) in rows else "NaN"
                     for routed, size in cells] for system in systems}
        bars(output, "proxy-throughput", "Program to program, sent datagram by datagram", "1000 packets/s", groups,
             values("packets_per_second_gso0", 1000))
        bars(output, "proxy-throughput-gso", "Program to program, sender uses GSO", "1000 packets/s", groups,
             values("packets_per_second_gso1", 1000))
        bars(output, "proxy-round-trip", "Round trip, median", "µs", groups, values("p50_us", 1))
    if "tun" in result:
        rows = [row for row in result["tun"] if not row["routed"]]
        groups = [row["system"].replace(", ", ",\\n").replace("no tunnel", "no\\ntunnel").replace("kernel VXLAN", "kernel\\nVXLAN") for row in rows]
        bars(output, "tun-throughput", "TCP of unmodified programs", "MB/s", groups,
             {name: [row[key] for row in rows] for name, key in
              (("one connection", "mb_s"), ("8 connections", "mb_s_8"), ("one connection, back", "mb_s_back"))})
        bars(output, "tun-round-trip", "Round trip over TCP, median", "µs", groups,
             {name: [row[key] for row in rows] for name, key in
              (("idle", "p50_us"), ("beside one connection", "loaded_p50_us"), ("beside 8 connections", "loaded_8_p50_us"))})
    if "where" in result:
        rows = result["where"]
        bars(output, "where", "Where the CPU time of a packet goes", "part of the whole",
             [row["system"].replace(" ", "\\n", 1).replace(", ", ",\\n") +
              f"\\n{row['size']} octets" + ("\\nGSO" if row["gso"] else "") for row in rows],
             {name: [row[key] / max(row["cpu_ns_per_packet"], 1) for row in rows] for name, key in
              (("kernel", "kernel_ns"), ("C library", "libc_ns"), ("program", "program_ns"))}, stacked=True)


if __name__ == "__main__":
    found = json.loads(pathlib.Path(sys.argv[1]).read_text())
    print(table(found))
    pictures(found, sys.argv[2])
