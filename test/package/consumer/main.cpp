#include <cstdio>
#include <ilnp/ilnp.hpp>
#include <string>

#include "cable.hpp"

// A node of your own, and two of them that talk.
using Node = ilnp::STP<ilnp::ILNP<Cable>>;

ilnp::NetworkConfig config(std::string name, ilnp::Nid nid) {
  return {.nid = nid, .locators = {{ilnp::Locator(0xa)}}, .host_name = std::move(name)};
}

int main() {
  Cable::Frames to_bob, to_alice;
  Node alice(config("alice", ilnp::Nid(1)), to_bob, to_alice);
  Node bob(config("bob", ilnp::Nid(2)), to_alice, to_bob);
  ilnp::Random random(1);
  ilnp::Context cx(ilnp::TimePoint{}, random);
  std::string heard;
  const auto up = [&](const ilnp::DatagramSource& source, ilnp::Bytes payload) {
    heard = to_string(source.nid) + " says " + std::string(ilnp::as_text(payload));
  };
  if (bob.bind(7) || alice.next_layer().start(cx) || bob.next_layer().start(cx)) return 1;

  bool sent = false;
  for (int tenths = 0; tenths < 100 && heard.empty(); ++tenths) {  // ten seconds, as the nodes see it
    cx.set_now(cx.now() + std::chrono::milliseconds(100));
    for (Node* node : {&alice, &bob}) {
      node->on_timer(cx, up);
      lowest_layer(*node).fetch([&](auto from, auto& octets) { node->feed(from, octets, cx, up); });
      node->end_batch(cx);
    }
    if (const auto nid = alice.resolve("bob", cx); nid && !sent)
      sent = !alice.send(8, *nid, 7, ilnp::as_bytes("hello,"), cx);
  }
  std::puts(heard.c_str());
  return heard == "0:0:0:1 says hello," ? 0 : 1;
}
