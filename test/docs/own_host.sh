# The beginning of a test of programs on one host: starts the script that sources this again in a network namespace of its own, in
# which the overlay works on the loopback interface. Makes $folder, and defines configure and wait_for. Needs the arguments of the script.
if [ "${1-}" != inside ]; then
  unshare --user --map-root-user --net true 2>/dev/null || { echo "no namespaces here: not tried"; exit 77; }
  exec unshare --user --map-root-user --net "$0" inside "$@"
fi
shift

folder=$(mktemp -d)
processes=
trap 'kill $processes 2>/dev/null || true; rm -r "$folder"' EXIT
ip link set lo up
ip -6 route add local ff12::/16 dev lo

# Writes a configuration for each NAME, in one network.
configure() { # NAME...
  for name in "$@"; do
    cat > "$folder/$name.ini" <<INI
[link]
mcast_port = 10000
mcast_interface = lo
[network]
locators = 0:0:0:a
[discovery]
hostname = $name
INI
  done
}

# Waits until each FILE has a line that matches PATTERN. Fails if one of $processes ends, or nothing comes.
wait_for() { # PATTERN FILE...
  pattern=$1 tries=0
  shift
  for file in "$@"; do
    until grep -q "$pattern" "$file"; do
      for process in $processes; do kill -0 "$process" || { echo "a program has ended"; exit 1; }; done
      tries=$((tries + 1))
      [ $tries -lt 300 ] || { echo "nothing matches $pattern in 30 s"; exit 1; }
      sleep 0.1
    done
  done
}
