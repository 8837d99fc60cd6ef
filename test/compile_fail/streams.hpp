// Without a guard, and without what it needs: each source includes it in a namespace of its own.

/// A transport with streams; with WRONG defined, without `shutdown`.
struct Mine {
  ilnp::error_code bind(std::uint16_t);
  void unbind(std::uint16_t);
  template <class Cx>
  ilnp::error_code send(std::uint16_t, ilnp::Nid, std::uint16_t, ilnp::Bytes, Cx&);
  template <class Cx, class Up>
  void feed(ilnp::FrameSource, ilnp::MutableBytes, Cx&, Up&&);
  template <class Cx, class Up>
  void on_timer(Cx&, Up&&);
  template <class Cx>
  void end_batch(Cx&);
  ilnp::TimePoint next_deadline() const;
  template <class Cx>
  ilnp::result<ilnp::Nid> resolve(std::string_view, Cx&);
  std::size_t max_payload(ilnp::Nid = {}) const;

  ilnp::error_code listen(std::uint16_t);
  void unlisten(std::uint16_t);
  template <class Cx>
  ilnp::result<ilnp::StreamId> connect(ilnp::Nid, std::uint16_t, Cx&);
  std::optional<ilnp::StreamPeer> peer(ilnp::StreamId) const;
  template <class Cx>
  ilnp::result<std::size_t> write(ilnp::StreamId, ilnp::Bytes, Cx&);
  template <class Cx>
  ilnp::result<std::size_t> read(ilnp::StreamId, ilnp::MutableBytes, Cx&);
#ifndef WRONG
  template <class Cx>
  ilnp::error_code shutdown(ilnp::StreamId, Cx&);
#endif
  template <class Cx>
  void reset(ilnp::StreamId, Cx&);
  template <class Cx>
  void close(ilnp::StreamId, Cx&);
};
