# What Doxygen reads of a header (INPUT_FILTER): members that mean the same in every class get their comment here, unless the header has
# one. So they are described once and do not fill the headers. Lines keep their numbers.

function meaning(line) {
  if (line ~ / operator(==|<=>)\(/) return "Compares all members, in the order of their declaration."
  if (line ~ /= (default|delete);/ && line ~ /\(([A-Za-z0-9_:<>]+ ?&&|const [A-Za-z0-9_:<>]+ ?&)\)/)
    return line ~ /delete/ ? "Cannot be copied." : "Copies or moves all members."
  if (line ~ /[& ]next_layer\(\)/) return "The layer below. Owned by this one."
  if (line ~ /using next_layer_type/) return "The type of the layer below."
  if (line ~ / counters\(\) const/) return "What was counted since the start. Counters only grow."
  if (line ~ / counters\(\) noexcept/) return "The same, to count in them."
  if (line ~ / next_deadline\(\) const/) return "When `on_timer` is due; `never` if nothing is to be done."
  if (line ~ / (feed|on_timer|end_batch|begin_batch|headroom|max_payload|max_frame|resolve|holds|bind|unbind|bound|join|leave|keep_queued|drained|receive|native_handles|send|start|resumed|caught_up|classify|local_nid|accept_reserved_port|listen|unlisten|connect|close)\(/ &&
      line !~ /[.>](feed|on_timer|end_batch|send|receive)\(.*;$/ && layer)
    return "As the concept of this kind of layer says (base/layer.hpp, base/stream.hpp)."
  if (line ~ / rekey\(const HashKey& /) return "Hashes with this key from now on. Call it before anything is stored."
  if (line ~ /std::size_t (size|taken|mappings|streams)\(\) const/) return "How many there are."
  if (line ~ /std::size_t capacity\(\) const/) return "How many there can be."
  if (line ~ /bool empty\(\) const/) return "True if there is none."
  if (file ~ /base\/list\.hpp$/ && line ~ / (List|reserve|push_back|pop_back|clear|resize|assign|operator=)\(/) return "As that of `std::vector`."
  if (line ~ / names\(\) noexcept/) return "For operations that wait until a name is known."
  if (line ~ / void operator\(\)\(.*\) const noexcept \{\}$/) return "Does nothing."
  if (line ~ /[A-Za-z]+\([A-Za-z]+&& other\) noexcept/) return "Takes over what `other` has, which has nothing afterwards."
  if (line ~ /operator=\([A-Za-z]+&& other\) noexcept/) return "Takes over what `other` has, and gives it what this one had."
  if (line ~ /using (Tcp|Socket|Address) = boost::asio::ip::/) return "A shorter name."
  if (line ~ /using stack_type = /) return "The stack that it runs."
  if (line ~ /using Counters = /) return "What it counts."
  if (file ~ /sctp\/endpoint\.hpp$/ && line ~ / (listen|unlisten|peer)\(/) return "As that of `Sctp`."
  if (line ~ / (begin|end|data|front|back)\(\)/ || line ~ / operator\[\]\(/) return "As that of `std::vector`."
  if (line ~ /using (value_type|iterator|const_iterator) /) return "As that of `std::vector`."
  if (line ~ /using (executor_type|other) / || line ~ / get_executor\(\) const/) return "As Asio requires it of an I/O object."
  if (line ~ /static constexpr std::string_view layer = /) return "The name in front of each counter: `LAYER.NAME`."
  if (file ~ /counters/ && line ~ /^ *std::uint64_t [a-z_]+ = 0;/) return "Its text is in `counter_text`, its remedy in docs/running.md."
  if (file ~ /counters/ && line ~ / for_each\(F&& f\) const/) return "Calls `f(name, value)` for each counter."
  if (line ~ /(\*|\* const) find\(/) return "Null if there is none. Valid until something is added or removed."
  if (line ~ /TimePoint last_used\(\) const/ || line ~ /bool expired\(TimePoint now\) const/) return "As `BoundedTable` requires it of values."
  if (file ~ /\/network\//) {
    if (line ~ /^  (explicit )?[A-Za-z]+\(Reachability& /) return "Refers to the other parts of the layer, which live as long."
    if (line ~ /^  void on_timer\(/) return "Does what is due. Harmless if nothing is."
  }
  if (line ~ /void operator\(\)\(Self& self/) return "A step of the operation. Asio calls it."
  if (line ~ /using is_avalanching = void;/) return "Tells hash tables that the bits are mixed well enough."
  if (line ~ /using (duration|rep|period|time_point) = /) return "As that of a clock of the standard library."
  if (file ~ /\/wire\//) {
    if (line ~ / parse\(Bytes /) return "Checks the octets once; the view borrows them. Error: what is wrong with them."
    if (line ~ /static constexpr std::size_t [a-z_]*size(\(\) noexcept| = )/) return "Octets."
    if (line ~ / const noexcept \{ return [^;]*load</) return "The field of this name in the diagram."
    if (line ~ /^struct [A-Za-z0-9]*Repr \{/) return "The values of such a message, to be written."
    if (line ~ /^  [A-Za-z0-9_:<> ]+ [a-z_]+( = [^;]*|\{\})?;$/ && line !~ /static|using/) return "The field of this name in the diagram."
    if (file ~ /overlay\.hpp$/ && line ~ /^  (using|static)/) return "As `wire::Format` requires it."
  }
  return ""
}

function flush_held(text,    at) {
  for (at = 1; at <= held; ++at) print (at == 1 && text != "" ? "/** " text " */ " : "") lines[at]
  held = 0
}

FNR == 1 {
  file = FILENAME
  layer = file ~ /\/(adaptor|stream|stp|fragment|ilnp|proxy|stream_proxy|sctp|mcast_udp|capture|underlay|parts)\.hpp$/
}
/^struct (std|boost::system)::/ { outside = $0 !~ /};$/; $0 = "" }  # specializations in other namespaces, which Doxygen does not find
outside { if ($0 == "};") outside = 0; $0 = "" }
{
  gsub(/`::ffff:/, "`0:0:0:0:0:ffff:")  # or Doxygen looks for a global name
  head = $0 ~ /^ *(template <|requires )/ && $0 !~ /[;{}]$/
  if (held == 0) commented = before ~ /^ *\/\/\// || $0 ~ /\/\/\/</
  lines[++held] = $0
  if (head) next
  flush_held(commented || $0 ~ /\/\/\/</ ? "" : meaning($0))
  before = $0
}
END { flush_held("") }
