// Shows and controls a running node.

#include <algorithm>
#include <array>
#include <boost/json/src.hpp>
#include <chrono>
#include <sstream>
#include <thread>

#include "control_client.hpp"
#include "ctl_text.hpp"
#include "ctl_top.hpp"
#include "run.hpp"

namespace {

struct Command {
  std::string_view name;
  std::string_view arguments;
  std::size_t least;  ///< arguments
  std::size_t most;
  std::string_view about;
};

constexpr std::array commands{
    Command{"status", "", 0, 0, "who the node is, where it is, and how it is doing"},
    Command{"hosts", "", 0, 0, "the nodes that it knows"},
    Command{"routes", "", 0, 0, "which interface leads to which network"},
    Command{"mappings", "", 0, 0, "the mappings of a proxy"},
    Command{"streams", "", 0, 0, "the connections of ilnp-stream or ilnp-tun"},
    Command{"counters", "", 0, 0, "all counters, and what they mean"},
    Command{"events", "", 0, 0, "what happens, until the node ends"},
    Command{"top", "", 0, 0, "a terminal view of rates by peer and locator, handoffs and drops"},
    Command{"ping", "HOST [COUNT]", 1, 2, "the round-trip time to HOST, and the locators on the way"},
    Command{"trace", "HOST", 1, 1, "the forwarders on the way to HOST"},
    Command{"map", "LOCAL_PORT HOST REMOTE_PORT [any] [replace]", 3, 5,
            "map a local port to a port of HOST; any: deliver datagrams from any node"},
    Command{"unmap", "LOCAL_PORT [HOST]", 1, 2, "remove the mappings of a local port, or the one to HOST"},
    Command{"move", "LOCATOR[,LOCATOR...]", 1, 1, "hand off to these networks"},
    Command{"join", "LOCATOR", 1, 1, "join one more network"},
    Command{"leave", "LOCATOR", 1, 1, "leave a network"},
    Command{"auto", "", 0, 0, "resume the configured moves, which the three commands above suspend"},
};

std::string about() {
  std::string text =
      "Shows and controls a running node: ilnp-proxy, ilnp-stream, ilnp-tun, or another program with "
      "--control "
      "PATH.\n\nCommands:\n";
  for (const Command& each : commands) {
    std::string line = "  " + std::string(each.name);
    if (!each.arguments.empty()) line.append(" ").append(each.arguments);
    if (line.size() > 32)
      line += '\n' + std::string(34, ' ');
    else
      line.resize(34, ' ');
    text += line.append(each.about) + '\n';
  }
  text.pop_back();
  return text;
}

/// The names of all commands, for an error message.
std::string all_commands() {
  std::string text;
  for (const Command& each : commands) text += (text.empty() ? "" : ", ") + std::string(each.name);
  return text;
}

/// A word of a request, between blanks.
const std::string& checked_word(const std::string& text) {
  if (text.empty() || text.find_first_of(" \t\r\n") != text.npos)
    throw program::UsageError(
        "\"" + text +
        "\": " + (text.empty() ? "an empty word" : "a running node accepts no name with blanks"));
  return text;
}

/// The request of a command line.
std::string read_request(const std::vector<std::string>& words) {
  if (words.empty()) throw program::UsageError("COMMAND is missing; there are: " + all_commands());
  const auto command = std::find_if(commands.begin(), commands.end(),
                                    [&](const Command& each) { return each.name == words[0]; });
  if (command == commands.end())
    throw program::UsageError("unknown command \"" + ilnp::printable(words[0]) +
                              "\"; there are: " + all_commands());
  const std::size_t arguments = words.size() - 1;
  if (arguments < command->least || arguments > command->most)
    throw program::UsageError(words[0] + (command->most == 0 ? " takes no arguments"
                                                             : " takes " + std::string(command->arguments)));
  std::string request = "json";
  for (const std::string& word : words) request += ' ' + checked_word(word);
  return request;
}

/// A node's reply.
struct Reply {
  std::string line;  ///< as it came, without the line end
  boost::json::object content;
};

/// Throws if it is not what a node sends: something else might answer there.
Reply parse(std::string text, const std::string& path) {
  const std::string strange = "the program on " + path + " does not reply as a node does";
  if (text.starts_with("error: "))  // of an earlier version
    throw std::runtime_error(ilnp::printable(text.substr(7), ilnp::Escape::unsafe));
  if (!text.ends_with('\n')) throw std::runtime_error(strange);
  text.pop_back();
  if (!std::all_of(text.begin(), text.end(), [](char each) { return each >= ' ' && each <= '~'; }))
    throw std::runtime_error(strange);
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object() || !value.as_object().contains("reply")) throw std::runtime_error(strange);
  return {std::move(text), value.as_object()};
}

/// Prints a reply; the exit status of the program.
int show(const Reply& reply, bool as_json, const std::string& path) {
  const bool failed = reply.content.at("reply") == "error";
  if (as_json) {
    std::cout << reply.line << std::endl;
    return failed ? 1 : 0;
  }
  std::ostringstream text;
  std::string problem;
  try {
    if (failed) problem = program::phrase(reply.content, "error");
    program::ReplyText show_text(text);
    if (!failed) show_text(reply.content);
  } catch (const std::exception& error) {
    throw std::runtime_error("the reply of the node on " + path + " cannot be shown: " + error.what());
  }
  if (failed) throw std::runtime_error(problem);
  std::cout << text.str() << std::flush;
  return 0;
}

/// Prints a reply of several lines as they come: events until the node ends, or pings.
int follow(program::ControlClient& client, const std::string& request, bool as_json) {
  auto reply = client.begin(request);
  std::string text;
  bool begun = false;
  bool events = false;
  bool answered = false;
  bool complete = !request.starts_with("json ping ");  // a ping says when it is over
  do {
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      const Reply event = parse(text.substr(0, end + 1), client.path());
      text.erase(0, end + 1);
      events |= event.content.at("reply") == "following";
      if (events && !begun && !as_json)
        std::cerr << "ilnp-ctl: following the events of the node on " << client.path() << std::endl;
      // A ping and a trace are answered if their destination is reached.
      if (const auto* reached = event.content.if_contains("reached")) answered |= *reached == true;
      complete |= event.content.at("reply") == "ping_end";
      begun = true;
      if (const int status = show(event, as_json, client.path()); status != 0) return status;
    }
    if (!std::cout) return 1;
    // Only events may be far apart.
  } while (reply.read(text, events ? -1 : program::ControlClient::patience * 1000));
  if (begun && !events && text.empty() && complete && reply.ended()) return answered ? 0 : 1;
  if (text.starts_with("error: ")) parse(std::move(text), client.path());
  throw std::runtime_error("the node on " + client.path() +
                           (begun && reply.ended() ? " has ended" : " does not reply"));
}

/// The terminal view.
int top(program::ControlClient& client) {
  if (::isatty(STDOUT_FILENO) != 1) throw std::runtime_error("top needs a terminal; use --watch");
  program::Top view;
  const auto ask = [&](const char* request) {
    Reply reply = parse(client.ask(request), client.path());
    if (reply.content.at("reply") == "error") show(reply, false, client.path());
    return reply;
  };
  program::Screen screen;
  do {
    const Reply status = ask("json status");
    const Reply hosts = ask("json hosts");
    screen.show(view.text(status.content, hosts.content, std::chrono::steady_clock::now()));
  } while (screen.wait(std::chrono::seconds(1)));
  return 0;
}

int run(const program::CommandLine& line) {
  const std::string request = read_request(line.value<std::vector<std::string>>("COMMAND"));
  const bool as_json = line.has("json");
  const bool live = request == "json events" || request == "json top";
  const bool pings = request.starts_with("json ping ") || request.starts_with("json trace ");
  if ((live || pings) && line.has("watch")) throw program::UsageError("this command takes no --watch");
  if (request == "json top" && as_json)
    throw program::UsageError("top has no JSON output; use status and hosts");
  const auto connect = [&] {
    return line.has("control") ? program::ControlClient("node", line.value("control"))
                               : program::ControlClient("node");
  };
  program::ControlClient client = connect();
  if (request == "json events" || pings) return follow(client, request, as_json);
  if (request == "json top") return top(client);
  if (!line.has("watch")) return show(parse(client.ask(request), client.path()), as_json, client.path());
  const bool clear = !as_json && ::isatty(STDOUT_FILENO) == 1;
  for (bool first = true; std::cout; first = false) {
    if (!first) client = connect();  // another node may have taken the place of the first
    const Reply reply = parse(client.ask(request), client.path());
    if (clear) std::cout << "\x1b[H\x1b[2J";
    if (!clear && !first && !as_json) std::cout << '\n';
    if (const int status = show(reply, as_json, client.path()); status != 0) return status;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-ctl", [&] {
    program::end_with_the_reader();
    program::CommandLine line("ilnp-ctl [--control PATH] [--json] [--watch] COMMAND", about());
    line.add_options()                                                                                  //
        ("control", program::options::value<std::string>()->value_name("PATH"), program::control_help)  //
        ("json", "print JSON, one object per line (docs/control.schema.json)")                          //
        ("watch", "repeat the command every second");
    line.argument("COMMAND", -1);
    try {
      return line.parse(argc, argv) ? run(line) : 0;
    } catch (const program::UsageError& error) {
      std::cerr << "ilnp-ctl: " << error.what() << " (see --help)\n";
    } catch (const program::options::error& error) {
      std::cerr << "ilnp-ctl: " << error.what() << " (see --help)\n";
    }
    return 2;
  });
}
