// Asks a running ilnp-proxy to create, show or remove mappings.

#include "common.hpp"
#include "control_client.hpp"

namespace {

/// A line from the proxy, safe for a terminal: names in it are escaped, but something else might reply there.
std::string shown(std::string_view line) { return ilnp::printable(line, ilnp::Escape::unsafe); }

/// Throws the error that the proxy reports.
std::string checked(const std::string& reply) {
  constexpr std::string_view mark = "error: ";
  if (reply.starts_with(mark)) throw std::runtime_error(shown(reply.substr(mark.size())));
  return reply;
}

/// A word of a request, between blanks.
std::string word(const char* what, const std::string& text) {
  if (text.empty() || text.find_first_of(" \t\r\n") != text.npos)
    throw program::UsageError(
        std::string(what) + " \"" + text + "\": " +
        (text.empty() ? "empty"
                      : "a running proxy accepts no name with blanks; start it with --map instead"));
  return text;
}

/// Prints lines, each safe for a terminal.
void print(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::cout << shown(text.substr(0, end)) << '\n';
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

/// A long list arrives in parts; all but the last end with `more PORT`.
void print_list(program::ControlClient& client) {
  for (std::string request = "list"; !request.empty();) {
    std::string reply = checked(client.ask(request));
    request.clear();
    constexpr std::string_view mark = "more ";
    const auto last = reply.size() < 2 ? 0 : reply.rfind('\n', reply.size() - 2) + 1;  // npos + 1 is 0
    if (std::string_view(reply).substr(last).starts_with(mark)) {
      request = "list " + reply.substr(last + mark.size());
      reply.resize(last);
    }
    print(reply);
  }
}

/// The request that the command line asks for.
std::string read_request(const program::CommandLine& line) {
  const auto excludes = [&](std::string_view option, std::initializer_list<const char*> others) {
    for (const char* other : others)
      if (line.has(other))
        throw program::UsageError("--" + std::string(option) + " can be combined only with --control");
  };
  for (const std::string_view query : {"list", "hosts", "counters"}) {
    if (!line.has(query.data())) continue;
    excludes(query, {"LOCAL_PORT", "remove", "any", "replace"});
    for (const char* other : {"list", "hosts", "counters"})
      if (other != query) excludes(query, {other});
    return std::string(query);
  }
  if (line.has("remove")) {
    // The word after the port is where that of a mapping would be.
    excludes("remove", {"REMOTE_HOST", "any", "replace"});
    return "remove " + word("LOCAL_PORT", line.value("remove")) +
           (line.has("LOCAL_PORT") ? ' ' + word("REMOTE_HOST", line["LOCAL_PORT"]) : "");
  }
  std::string request;
  for (const char* name : {"LOCAL_PORT", "REMOTE_HOST", "REMOTE_PORT"})
    request += word(name, line[name]) + ' ';
  for (const char* option : {"any", "replace"})
    if (line.has(option)) request += std::string(option) + ' ';
  request.pop_back();
  return request;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-proxy-create", [&] {
    program::end_with_the_reader();
    program::CommandLine line(
        "ilnp-proxy-create [OPTIONS] LOCAL_PORT REMOTE_HOST REMOTE_PORT\n"
        "       ilnp-proxy-create [--control PATH] --remove LOCAL_PORT [REMOTE_HOST]\n"
        "       ilnp-proxy-create [--control PATH] --list | --hosts | --counters",
        "Maps LOCAL_PORT on this host to REMOTE_PORT on REMOTE_HOST in a running ilnp-proxy, in both "
        "directions,\n"
        "and prints the port on which the proxy listens.\n\n"
        "If several proxies run on one machine, even in network namespaces, each needs a --control PATH of "
        "its own.");
    line.add_options()                                                                                  //
        ("control", program::options::value<std::string>()->value_name("PATH"), program::control_help)  //
        ("any", "deliver datagrams from any node, not only from REMOTE_HOST")                           //
        ("replace", "replace the mapping of LOCAL_PORT")                                                //
        ("list", "show the mappings")                                                                   //
        ("remove", program::options::value<std::string>()->value_name("LOCAL_PORT"),
         "remove all mappings of LOCAL_PORT, or the one to REMOTE_HOST")  //
        ("hosts", "show the nodes that the proxy knows")                  //
        ("counters", "show the counters of the proxy's layers");
    for (const char* name : {"LOCAL_PORT", "REMOTE_HOST", "REMOTE_PORT"}) line.argument(name);
    if (!line.parse(argc, argv)) return 0;

    const std::string request = read_request(line);
    auto client = line.has("control") ? program::ControlClient("proxy", line.value("control"))
                                      : program::ControlClient("proxy");
    if (request == "list") {
      print_list(client);
    } else {
      print(checked(client.ask(request)));
    }
    return 0;
  });
}
