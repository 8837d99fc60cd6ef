#pragma once

#include <functional>
#include <memory>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/sim.hpp"
#include "ilnp/transport/stp.hpp"
#include "plan.hpp"
#include "reference/node.hpp"
#include "trace.hpp"

namespace ilnp::swarm {

/// A node of a run, of either kind.
class Member {
 public:
  using Heard = std::function<void(Member& at, const DatagramSource&, Bytes)>;

  virtual ~Member() = default;
  virtual sim::SimHost& host() = 0;
  virtual bool running() const = 0;
  virtual void start() = 0;
  virtual void crash() = 0;
  virtual void restart(Nid nid) = 0;
  /// Restarts where it is, and no longer moves by its schedule.
  virtual void stay() = 0;
  virtual void set_link(bool up) = 0;
  virtual void move_to(const std::vector<Locator>& places) = 0;
  virtual error_code send(std::uint16_t from_port, std::string_view name, Nid& to, std::uint16_t port,
                          Bytes payload) = 0;
  virtual std::vector<Locator> places() const = 0;
  virtual void watch(sim::NodeCheck& check) = 0;

  Nid nid() const noexcept { return config.nid; }
  bool reference() const noexcept { return reference_; }

  NetworkConfig config;
  std::vector<Locator> home;  ///< where it is once nothing moves any more

 protected:
  Member(NetworkConfig its, bool reference) : config(std::move(its)), reference_(reference) {}

 private:
  bool reference_;
};

inline constexpr std::uint16_t bound_ports[] = {4000, 4001};

template <class Stack>
class MemberOf final : public Member {
 public:
  static constexpr bool is_reference = !requires(Stack & stack) { stack.bound(1); };

  MemberOf(sim::World& world, NetworkConfig its, Trace& trace, Heard heard)
      : Member(std::move(its), is_reference),
        name_(config.host_name),
        node_(world, name_, sim::Observing{Tracing{&trace, &world, &name_}}, config) {
    home = config.locators.front();
    node_.on_receive([this, heard = std::move(heard)](const DatagramSource& source, Bytes payload) {
      heard(*this, source, payload);
    });
    bind();
  }

  sim::SimHost& host() override { return node_; }
  bool running() const override { return node_.running(); }
  void start() override { node_.start(); }
  void crash() override { node_.crash(); }
  void restart(Nid nid) override {
    if (nid != Nid{}) config.nid = nid;
    config.locators.front() = home;
    node_.restart(config);
    bind();
    node_.start();
  }
  void stay() override {
    if (node_.running() && !places().empty()) home = {places().back()};
    config.locators = {home};
    restart({});
  }
  void set_link(bool up) override { node_.set_link(up); }
  void move_to(const std::vector<Locator>& places) override {
    if constexpr (!is_reference)
      node_.with([&](auto& stack, auto& cx) {
        if (network_layer(stack).move_to(places, cx)) home = places;
      });
  }
  error_code send(std::uint16_t from_port, std::string_view name, Nid& to, std::uint16_t port,
                  Bytes payload) override {
    return node_.with([&](auto& stack, auto& cx) -> error_code {
      const auto nid = stack.resolve(name, cx);
      if (!nid) return nid.error();
      to = *nid;
      return stack.send(from_port, to, port, payload, cx);
    });
  }
  std::vector<Locator> places() const override {
    if constexpr (is_reference) {
      return network_layer(node_.stack()).interfaces();
    } else {
      const auto locators = network_layer(node_.stack()).interfaces().locators();
      return {locators.begin(), locators.end()};
    }
  }
  void watch(sim::NodeCheck& check) override { check.watch(node_); }

 private:
  void bind() {
    node_.with([](auto& stack, auto&) {
      for (const std::uint16_t port : bound_ports) static_cast<void>(stack.bind(port));
    });
  }

  std::string name_;
  sim::SimNode<Stack, Tracing> node_;
};

using Ours = MemberOf<STP<ILNP<sim::SimUnderlay>>>;
using Theirs = MemberOf<test::ReferenceNode<sim::SimUnderlay>>;

}  // namespace ilnp::swarm
