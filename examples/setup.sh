#!/usr/bin/env bash
# Installs what is missing and builds. demo.sh and test/run.sh use it; it also works on its own:
#
#   examples/setup.sh [--tests] [--bench] [--streams] [--browser] [--tun] [--vpns] [--clang19] [--no-build]
#
# Without options it installs and builds what the demos need. --tests adds everything that the tests need, --bench what
# bench/system/run.sh and bench/instructions.sh need. --streams adds what sctp_demo.sh needs (ncat, sshd, a Linux kernel
# that runs as a program, ...); these are not installed but unpacked into streams/ of the build folder. --browser adds
# Chromium, and Caddy, a server that speaks HTTP/3; --tun adds ping, dig and iperf3, for tun_demo.sh. --vpns adds
# the VPNs that bench/system/run.sh compares with. --clang19 adds a second compiler, for test/nightly.sh.
# ILNP_WERROR=ON in the environment turns warnings into errors, and ILNP_TEST_BATCH=N compiles N sources of a test program
# as one. CI does both.
# It never removes a package. It asks for sudo only when something is missing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${ILNP_BUILD_DIR:-$root/build}
tests=no
bench=no
streams=no
browser=no
tun=no
vpns=no
clang19=no
compile=yes
oldest_boost=81 # 1.81: the first with coroutines under clang 14, experimental/channel and system::result

exec {messages}>&2 # what fails is said, also where the output of a command is kept back

step() { printf '==> %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$*" >&"$messages"
  exit 1
}

while (($#)); do
  case $1 in
    --tests) tests=yes ;;
    --bench) bench=yes ;;
    --streams) streams=yes ;;
    --browser) browser=yes ;;
    --tun) tun=yes ;;
    --vpns) vpns=yes ;;
    --clang19) clang19=yes ;;
    --no-build) compile=no ;;
    --help | -h)
      sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) fail "unknown option $1 (try --help)" ;;
  esac
  shift
done

# "command:package": the package is missing when the command is.
tools=(g++:g++ cmake:cmake ninja:ninja-build ip:iproute2 unshare:util-linux nc.openbsd:netcat-openbsd
  gnuplot:gnuplot-nox awk:mawk)
test_tools=(python3:python3 curl:curl ccache:ccache clang++:clang clang-format:clang-format
  clang-tidy:clang-tidy clangd:clangd cppcheck:cppcheck llvm-cov:llvm
  git:git gdb:gdb doxygen:doxygen tmux:tmux valgrind:valgrind tshark:tshark promtool:prometheus zsh:zsh fish:fish man:man-db
  pkg-config:pkgconf dpkg-shlibdeps:dpkg-dev objdump:binutils)
bench_tools=(python3:python3 socat:socat chrt:util-linux taskset:util-linux strip:binutils
  valgrind:valgrind)
[[ $tests == yes ]] && tools+=("${test_tools[@]}")
[[ $bench == yes ]] && tools+=("${bench_tools[@]}")
[[ $browser == yes ]] && tools+=(chromium:chromium caddy:caddy)
[[ $tun == yes || $tests == yes ]] && tools+=(python3:python3 ping:iputils-ping dig:bind9-dnsutils iperf3:iperf3 openssl:openssl)
[[ $clang19 == yes ]] && tools+=(clang++-19:clang-19)

installed() { [[ $(dpkg-query -W -f='${Status}' "$1" 2>/dev/null) == *"ok installed"* ]]; }
available() { [[ -n $(apt-cache policy "$1" 2>/dev/null | awk '/Candidate:/ && $2 != "(none)"') ]]; }

# The newest of the versions of Boost that the system knows and that is new enough, 1.81 before all others.
boost_version() {
  local known version check=$1
  for version in $oldest_boost $(seq 99 -1 $((oldest_boost + 1))); do
    known=libboost1.$version-dev
    if $check "$known"; then
      echo "1.$version"
      return
    fi
  done
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif ! command -v sudo >/dev/null; then
    fail "not root, and there is no sudo. As root: $*"
  elif [[ -t 0 || -t $messages ]]; then
    sudo "$@"
  else # nobody to type a password
    sudo -n "$@" || fail "sudo needs a password, and there is no terminal. First run: sudo $*"
  fi
}

quietly() { # what ran well needs no lines; what failed needs all
  local log
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then
    rm -f "$log"
  else
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
}

updated=no
update_lists() {
  [[ $updated == yes ]] && return
  step "updating the package lists"
  as_root apt-get -q -q update
  updated=yes
}

missing=()
find_missing() {
  local entry package boost boost_packages=(dev program-options-dev)
  missing=()
  for entry in "${tools[@]}"; do
    command -v "${entry%%:*}" >/dev/null 2>&1 || missing+=("${entry#*:}")
  done
  [[ $tests == yes ]] && boost_packages+=(test-dev)
  if [[ -z ${BOOST_ROOT:-}${Boost_ROOT:-} ]]; then # these variables name a Boost that was installed by hand
    boost=$(boost_version installed)
    [[ -n $boost ]] || boost=$(boost_version available)
    if [[ -z $boost ]]; then
      update_lists
      boost=$(boost_version available)
    fi
    [[ -n $boost ]] || fail "this system has no package of Boost 1.$oldest_boost or later;" \
      "install one by hand and set BOOST_ROOT to its folder"
    for package in "${boost_packages[@]}"; do
      case $package in
        dev) package=libboost$boost-dev ;;
        *) package=libboost-${package%-dev}$boost-dev ;;
      esac
      installed "$package" || missing+=("$package")
    done
  fi
  # What clang links for the sanitizers and the fuzzer; some systems have it in clang's own package.
  if [[ $tests == yes ]] && available libclang-rt-dev; then
    installed libclang-rt-dev || missing+=(libclang-rt-dev)
  fi
  if [[ $tests == yes ]]; then
    installed libssl-dev || missing+=(libssl-dev)
    installed zlib1g-dev || missing+=(zlib1g-dev)
    installed python3-jsonschema || missing+=(python3-jsonschema)
    installed python3-prometheus-client || missing+=(python3-prometheus-client)
  fi
  if [[ $vpns == yes ]]; then # not every system has all of them; what is missing is not compared
    for package in tinc openvpn nebula wireguard-go wireguard-tools; do
      ! available "$package" || installed "$package" || missing+=("$package")
    done
  fi
  installed libusrsctp-dev || missing+=(libusrsctp-dev)
  installed libc-ares-dev || missing+=(libc-ares-dev)
  if [[ $tests == yes || $bench == yes ]]; then
    installed libbenchmark-dev || missing+=(libbenchmark-dev)
  fi
  if [[ $bench == yes ]]; then
    # Not every system calls it so, and only the picture of where the time goes needs it.
    ! available linux-perf || installed linux-perf || missing+=(linux-perf)
    installed liburing-dev || missing+=(liburing-dev)
  fi
}

install_missing() {
  local plan removed
  if ! plan=$(apt-get -s -q install --no-install-recommends "${missing[@]}" 2>&1); then
    update_lists # the lists of a fresh machine are often empty or old
    plan=$(apt-get -s -q install --no-install-recommends "${missing[@]}" 2>&1) || {
      printf '%s\n' "$plan" >&2
      fail "apt-get cannot install: ${missing[*]}"
    }
  fi
  removed=$(awk '/^Remv /{print $2}' <<<"$plan" | sort -u | xargs)
  if [[ -n $removed ]]; then
    cat >&2 <<TEXT
setup: these installed packages are in the way: $removed
setup: installing ${missing[*]} would remove them, and this script removes nothing.
setup: either remove them yourself (sudo apt-get remove $removed), or install a Boost from 1.$oldest_boost on
setup: in a folder of its own and set BOOST_ROOT to that.
TEXT
    exit 1
  fi
  step "installing ${missing[*]}"
  # The tests start their own servers; Debian's would run as services from now on.
  local server
  for server in prometheus caddy; do
    if [[ " ${missing[*]} " == *" $server "* ]] && command -v systemctl >/dev/null; then
      as_root systemctl --quiet mask "$server.service" 2>/dev/null || true
    fi
  done
  local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -q -y --no-remove
    -o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}")
  # An old list names files that the mirror no longer has.
  "${apt[@]}" >/dev/null 2>&1 || {
    update_lists
    quietly "${apt[@]}"
  }
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  find_missing
  if ((${#missing[@]})); then
    install_missing
    find_missing
    ((${#missing[@]})) && fail "still missing after the installation: ${missing[*]}"
  fi
  step "packages: complete"
else
  for entry in "${tools[@]}"; do
    command -v "${entry%%:*}" >/dev/null 2>&1 || missing+=("${entry%%:*}")
  done
  ((${#missing[@]})) && fail "this is neither Debian nor Ubuntu, so install by hand: ${missing[*]}, Boost 1.$oldest_boost or later"
  step "packages: not checked, since this is neither Debian nor Ubuntu"
fi

# Fetches what is missing of these packages, and of what they depend on, and unpacks it: the system stays as it is.
unpack_streams() {
  local folder=$build/streams wanted=(ncat socat curl openssh-client openssh-server busybox-static user-mode-linux)
  local apt=(apt-get -q -q) plan packages
  [[ -f $folder/complete && $(<"$folder/complete") == "${wanted[*]}" ]] && return
  command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    fail "this is neither Debian nor Ubuntu, so --streams cannot fetch: ${wanted[*]}"
  step "fetching ${wanted[*]} into $folder"
  rm -rf "$folder"
  mkdir -p "$folder/packages" "$folder/root" "$folder/apt/lists/partial" "$folder/apt/archives/partial"
  missing_of() { "${apt[@]}" -s install --no-install-recommends "${wanted[@]}" 2>&1; }
  fetch() { # installed packages stay as they are, whatever their version
    plan=$(missing_of) || return 1
    mapfile -t packages < <(awk '/^Inst / && $3 !~ /^\[/ {print $2}' <<<"$plan")
    ((${#packages[@]} == 0)) || (cd "$folder/packages" && "${apt[@]}" download "${packages[@]}" >&2)
  }
  ((EUID != 0)) || apt+=(-o APT::Sandbox::User=root)
  if ! fetch 2>"$folder/apt/log"; then # no lists, or old ones: with lists of our own, for which nobody needs to be root
    apt+=(-o "Dir::State::lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt" -o Debug::NoLocking=1)
    "${apt[@]}" update >&2 || fail "apt-get cannot update the package lists"
    fetch || fail "apt-get cannot fetch ${wanted[*]}: $plan"
  fi
  local file
  for file in "$folder"/packages/*.deb; do
    [[ ! -e $file ]] || dpkg -x "$file" "$folder/root" || fail "cannot unpack $file"
  done
  rm -rf "$folder/apt" "$folder/packages"
  echo "${wanted[*]}" >"$folder/complete"
}
[[ $streams == no ]] || unpack_streams
[[ $compile == yes ]] || exit 0

options=()
cache=$build/CMakeCache.txt
if [[ -f $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
  options+=(--fresh) # the folder was copied from elsewhere
  rm -f "$cache"
fi
[[ -f $cache || -n ${ILNP_PRESET:-} ]] || options+=(-G Ninja -DCMAKE_BUILD_TYPE=Release)
if [[ $tests == yes && -n ${ILNP_PRESET:-} ]]; then
  options+=(--preset "$ILNP_PRESET")
  targets=()
elif [[ $tests == yes ]]; then
  options+=(-DILNP_BUILD_EXAMPLES=ON -DILNP_BUILD_TESTS=ON -DILNP_BUILD_BENCHMARKS=ON)
  targets=()
elif [[ $bench == yes ]]; then
  options+=(-DILNP_BUILD_EXAMPLES=ON -DILNP_BUILD_BENCHMARKS=ON)
  [[ -f $cache ]] || options+=(-DILNP_BUILD_TESTS=OFF)
  targets=(--target ilnp-proxy ilnp-proxy-create ilnp-router ilnp-experiment ilnp-stream bench-system bench-streams)
else
  # The demo needs neither tests nor benchmarks, nor their packages; who has them configured keeps them.
  [[ -f $cache ]] || options+=(-DILNP_BUILD_TESTS=OFF -DILNP_BUILD_BENCHMARKS=OFF)
  targets=(--target ilnp-proxy ilnp-proxy-create ilnp-router ilnp-heartbeat ilnp-experiment ilnp-lab ilnp-stream)
fi
[[ $tun == no ]] || ((${#targets[@]} == 0)) || targets+=(ilnp-tun ilnp-ctl) # without targets: everything
[[ -z ${ILNP_WERROR:-} ]] || options+=("-DILNP_WERROR=$ILNP_WERROR")
[[ -z ${ILNP_TEST_BATCH:-} ]] || options+=("-DCMAKE_UNITY_BUILD_BATCH_SIZE=$ILNP_TEST_BATCH")

step "configuring $build"
quietly cmake -S "$root" -B "$build" "${options[@]}" || fail "cmake could not configure (see above)"
step "building (the first time takes some minutes)"
quietly cmake --build "$build" "${targets[@]}" || fail "the build failed (see above)"
step "built"
