# Runs suites: each is a shell function whose output goes to a log file of its own. Sourced by .ci/run and test/nightly.sh, which define the
# functions.
#
#   begin_suites FOLDER   empties FOLDER, where the logs and exit statuses go
#   suite NAME            runs the function NAME, prints the end of its log, how long it took, and its processor time
#   beside NAME...        the same for several in a row, in the background and only in otherwise idle processor time
#   end_suites            a ctest run over all suites: its exit status is the result

step() { printf '==> %s\n' "$*"; }

begin_suites() {
  suites=$1
  rm -rf "$suites"
  mkdir -p "$suites"
}

suite() {
  local name=$1 result=0 began=$SECONDS TIMEFORMAT='%U %S' processor
  step "suite $name"
  printf 'add_test([=[%s]=] "sh" "-c" "tail -n 60 %s.log; exit $(cat %s.status)")\n' "$name" "$name" "$name" \
    >>"$suites/CTestTestfile.cmake"
  { time "$name" >"$suites/$name.log" 2>&1; } 2>"$suites/$name.time" || result=$?
  processor=$(awk '{ printf "%.0f", $1 + $2 }' "$suites/$name.time")
  echo "$result" >"$suites/$name.status"
  tail -n "$((result == 0 ? 4 : 300))" "$suites/$name.log"
  step "suite $name: $( ((result == 0)) && echo passed || echo "FAILED ($result)"), $((SECONDS - began)) s ($processor s of processor time)"
}

beside() {
  (
    chrt --idle --pid 0 "$BASHPID"
    for name in "$@"; do suite "$name"; done
  ) &
}

end_suites() {
  step "all suites ($SECONDS s)"
  ctest --test-dir "$suites" --output-on-failure
}

# Seeds FIRST to LAST of the swarm, on all processors.
swarm_seeds() { # PROGRAM FIRST LAST
  local program=$1 first=$2 last=$3 part processes=() failed=0
  part=$(((last - first + $(nproc)) / $(nproc)))
  for (( ; first <= last; first += part)); do
    "$program" --first "$first" --seeds "$((first + part > last ? last - first + 1 : part))" &
    processes+=("$!")
  done
  for process in "${processes[@]}"; do wait "$process" || failed=1; done
  return "$failed"
}
