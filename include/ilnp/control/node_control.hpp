#pragma once

#include "control.hpp"
#include "moves.hpp"
#include "tables.hpp"

namespace ilnp {

/// The control protocol of a running node of any kind (docs/control.md): one request, one reply. A request of words that begins with
/// `json` is one of ilnp-ctl; the reply is one line of JSON. All others are those of `ControlProtocol`.
///
///     json status | hosts | routes | mappings | streams | counters
///     json map LOCAL_PORT HOST REMOTE_PORT [any] [replace]
///     json unmap LOCAL_PORT [HOST]
///     json move LOCATOR[,LOCATOR...]     a handoff to these; suspends the configured cycle of moves
///     json join LOCATOR                  a handoff that adds one, likewise
///     json leave LOCATOR                 a handoff that gives one up, likewise
///     json auto                          resumes the cycle
///
/// Requests that take time, or have no end, belong to the program: it takes them before they come here.
class NodeControl {
 public:
  static constexpr std::size_t max_words = 7;  ///< of a request

  /// Answers `request`; `limit`: the longest reply that can arrive.
  template <class Stack, ContextLike Cx>
  static std::string answer(Stack& stack, std::string_view request, const ControlProgram& program, Cx& cx,
                            std::size_t limit) {
    const std::vector<std::string_view> words = ControlWords::split(request, max_words);
    if (words.empty() || words[0] != "json") return answer_text(stack, request, program, cx, limit);
    std::string reply = answer(stack, std::span(words).subspan(1), program, cx) + '\n';
    return reply.size() <= limit ? std::move(reply)
                                 : error("the reply does not fit a datagram: pass a stream socket") + '\n';
  }

  /// A reply that says what was wrong, as JSON.
  static std::string error(std::string_view what) {
    JsonWriter json;
    return json.open('{').member("reply", "error").member("error", what).close('}').take();
  }
  /// The first words of a reply.
  static JsonWriter begin(std::string_view kind) {
    JsonWriter json;
    json.open('{').member("reply", kind);
    return json;
  }

 private:
  using Words = std::span<const std::string_view>;

  template <class Stack, ContextLike Cx>
  static std::string answer_text(Stack& stack, std::string_view request, const ControlProgram& program,
                                 Cx& cx, std::size_t limit) {
    if constexpr (MappingStack<Stack>) {
      return ControlProtocol::answer(stack, request, program.port, cx, limit, [&](std::string& text) {
        if (program.counters)
          program.counters([&](std::string_view layer, std::string_view name, std::uint64_t value) {
            text.append(counter_name(layer, name)).append(" ").append(std::to_string(value)) += '\n';
          });
      });
    } else {
      return "error: this node is no proxy; ask it with ilnp-ctl";
    }
  }

  template <class Stack, ContextLike Cx>
  static std::string answer(Stack& stack, Words words, const ControlProgram& program, Cx& cx) {
    if (words.empty()) return error("an empty request");
    const std::string_view command = words[0];
    const std::size_t arguments = words.size() - 1;
    if (arguments == 0 && command == "status") {
      JsonWriter json = begin(command);
      ControlStatus::write(json, stack, program, cx);
      return json.close('}').take();
    }
    if (arguments == 0 && (command == "hosts" || command == "routes" || command == "counters")) {
      JsonWriter json = begin(command);
      if (command == "hosts") ControlTables::hosts(json, stack, program, cx);
      if (command == "routes") ControlTables::routes(json, stack, program, cx);
      if (command == "counters") ControlTables::counters(json, stack, program);
      return json.close('}').take();
    }
    if (arguments == 0 && command == "streams") {
      if (!program.streams) return error("this node has no streams: it is neither ilnp-stream nor ilnp-tun");
      JsonWriter json = begin(command);
      ControlTables::streams(json, stack, program, cx);
      return json.close('}').take();
    }
    if (command == "mappings" || command == "map" || command == "unmap")
      return answer_mappings(stack, words, program);
    if (arguments == 1 || command == "auto") {
      const auto moved = move(network_layer(stack), words, cx);
      if (moved) return *moved;
    }
    return error("unknown request " + ControlWords::quoted(command) + ", or a wrong number of words");
  }

  template <class Stack>
  static std::string answer_mappings(Stack& stack, Words words, const ControlProgram& program) {
    const std::string_view command = words[0];
    const std::size_t arguments = words.size() - 1;
    if constexpr (MappingStack<Stack>) {
      JsonWriter json = begin(command);
      std::string wrong;
      if (command == "mappings" && arguments == 0) {
        ControlTables::mappings(json, stack);
      } else if (command == "map" && arguments >= 3) {
        std::string_view unexpected;
        wrong = ControlMappings::map(stack, words.subspan(1), program.port, unexpected);
        if (!unexpected.empty()) wrong += ' ' + ControlWords::quoted(unexpected);
      } else if (command == "unmap" && (arguments == 1 || arguments == 2)) {
        wrong = ControlMappings::unmap(stack, words.subspan(1));
      } else {
        wrong = "a wrong number of words";
      }
      if (!wrong.empty()) return error(wrong);
      if (command != "mappings") json.member("port", program.port);
      return json.close('}').take();
    } else {
      return error("this node has no mappings: it is no proxy");
    }
  }

  template <class Network, ContextLike Cx>
  static std::optional<std::string> move(Network& network, Words words, Cx& cx) {
    const std::string_view command = words[0];
    std::string wrong;
    if (command == "auto" && words.size() == 1) {
      wrong = ControlMoves::resume(network, cx);
    } else if (words.size() != 2) {
      return std::nullopt;
    } else if (command == "move") {
      wrong = ControlMoves::move(network, words[1], cx);
    } else if (command == "join") {
      wrong = ControlMoves::join(network, words[1], cx);
    } else if (command == "leave") {
      wrong = ControlMoves::leave(network, words[1], cx);
    } else {
      return std::nullopt;
    }
    if (!wrong.empty()) return error(wrong);
    JsonWriter json = begin(command);
    json.strings("locators", ControlMoves::staying(network.interfaces()),
                 [](Locator each) { return to_string(each); });
    return json.close('}').take();
  }
};

}  // namespace ilnp
