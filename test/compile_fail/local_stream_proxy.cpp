#include <ilnp/gateway/stream_gateway.hpp>

struct Streams {
  ilnp::error_code expose(std::uint16_t);
  template <class Cx>
  ilnp::result<ilnp::Nid> resolve(std::string_view, Cx&);
  template <class Cx>
  ilnp::result<ilnp::StreamId> open(ilnp::Nid, std::uint16_t, std::string_view, Cx&);
#ifndef WRONG
  template <class Cx>
  void answer(ilnp::StreamId, ilnp::wire::StreamReplyCode, Cx&);
#endif
  std::optional<ilnp::StreamPeer> peer(ilnp::StreamId) const;
  template <class Cx>
  ilnp::result<std::size_t> write(ilnp::StreamId, ilnp::Bytes, Cx&);
  template <class Cx>
  ilnp::result<std::size_t> read(ilnp::StreamId, ilnp::MutableBytes, Cx&);
  template <class Cx>
  ilnp::error_code shutdown(ilnp::StreamId, Cx&);
  template <class Cx>
  void reset(ilnp::StreamId, Cx&);
};

/// A layer that has a member of the same name, and is not the one that is looked for.
struct Above {
  Streams& next_layer();
  void expose(std::uint16_t);
};

struct Node {
  using stack_type = Above;
  template <class F>
  decltype(auto) with(F&& f) {
    return f(stack, cx);
  }
  ilnp::NameEvent& names();
  Above stack;
  ilnp::Context<>& cx;
};

using Gateway = ilnp::StreamGateway<Node>;
static_assert(sizeof(Gateway) > 0);
#ifndef WRONG
void destroy(Gateway& gateway) { gateway.~Gateway(); }
#endif
