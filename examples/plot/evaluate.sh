# Makes the demo's table and pictures from the tables of two experiments. To be sourced by bash; needs awk and gnuplot.
#
# `evaluate HANDOFF_SECONDS PLOT_FOLDER OUTPUT_FOLDER`, in the folder with alice.csv (the mobile node's) and bob.csv: prints a
# table, writes it to summary.txt in the output folder and the pictures beside it, and sets `verdict` to 0 only if nothing was
# lost or duplicated.

# Where the mobile node was, in order: lines "time locator". The first line is the start. A move shows in what it sends from its new
# locator, or in what it receives there before that; what still arrives at the previous one is no move.
itinerary() {
  awk -F, 'FNR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
    { sent = $column["direction"] == "sent"
      here = sent ? $column["source_locator"] : $column["destination_locator"] }
    here != last && (sent || (last != "" && here != previous)) {
      previous = last
      last = here
      print $column["time"], last
    }' alice.csv
}

evaluate() {
  local handoff=$1 plots=$2 pictures=$3 bucket=0.5
  local start moves ends froms tos locators phases=() i
  start=$(awk -F, 'FNR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
    $column["direction"] == "sent" { if (!n++ || $column["time"] < first) first = $column["time"]; nextfile }
    END { print first }' alice.csv bob.csv)
  moves=$(itinerary | awk -v start="$start" 'NR > 1 { printf "%s%.6f", sep, $1 - start; sep = " " }')
  ends=$(itinerary | awk -v start="$start" -v handoff="$handoff" \
    'NR > 1 { printf "%s%.6f", sep, $1 - start + handoff; sep = " " }')
  tos=$(itinerary | awk 'NR > 1 { sub(/.*:/, "", $2); printf "%s%s", sep, $2; sep = " " }')
  froms=$(itinerary | awk '{ sub(/.*:/, "", $2); printf "%s%s", sep, last; last = $2; if (NR > 1) sep = " " }')
  locators=$(itinerary | awk '{ print $2 }' | sort -u | xargs)

  phases=("before")
  for ((i = 1; i <= $(wc -w <<<"$moves"); ++i)); do
    phases+=("$(cut -d' ' -f"$i" <<<"$froms") to $(cut -d' ' -f"$i" <<<"$tos") at $(cut -d' ' -f"$i" <<<"$moves" | cut -c1-5) s")
  done

  verdict=0
  {
    printf '\n  %-14s  %-18s %8s %8s %6s %10s %9s\n' direction phase sent received lost duplicated reordered
    local way from to mobile
    for way in alice:bob:sender bob:alice:receiver; do
      IFS=: read -r from to mobile <<<"$way"
      awk -v mobile="$mobile" -v out="$from-to-$to" -v moves="$moves" -v start="$start" -v bucket="$bucket" \
        -v locators="$locators" -f "$plots/evaluate.awk" "$from.csv" "$to.csv" >"$from-to-$to.tsv"
      i=0
      local sent received lost duplicated reordered all=(0 0 0 0 0)
      while read -r sent received lost duplicated reordered; do
        printf '  %-14s  %-18s %8d %8d %6d %10d %9d\n' "$from to $to" "${phases[i]}" "$sent" "$received" "$lost" \
          "$duplicated" "$reordered"
        all=($((all[0] + sent)) $((all[1] + received)) $((all[2] + lost)) $((all[3] + duplicated))
          $((all[4] + reordered)))
        i=$((i + 1))
      done <"$from-to-$to.tsv"
      printf '  %-14s  %-18s %8d %8d %6d %10d %9d\n\n' "$from to $to" "all" "${all[@]}"
      ((all[0] > 0 && all[2] == 0 && all[3] == 0)) || verdict=1
    done
  } >"$pictures/summary.txt"
  cat "$pictures/summary.txt"
  [[ -n $moves ]] || {
    echo "demo: the mobile node did not move" >&2
    verdict=1
    return
  }

  local picture kind
  for way in alice:bob bob:alice; do
    from=${way%:*} to=${way#*:}
    for picture in "sequence:sequence numbers received" "throughput:throughput"; do
      for kind in png svg; do
        gnuplot -e "plot_folder='${plots//"'"/"''"}'; output='${pictures//"'"/"''"}/$from-to-$to-${picture%%:*}.$kind'; data='$from-to-$to'" \
          -e "title='$from → $to: ${picture#*:}'" \
          -e "legend='alice moves through three networks; shaded: the handoff, when it is in two of them'" \
          -e "moves='$moves'; ends='$ends'; froms='$froms'; tos='$tos'; locators='$locators'; bucket=$bucket" \
          -e "load '$from-to-$to.facts'" "$plots/${picture%%:*}.gp" || verdict=1
      done
    done
  done
}
