#pragma once

#include <chrono>
#include <vector>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../wire/sctp_packet.hpp"

namespace ilnp {

/// A rate limit with a burst. Its state is one number: when the next event would be due if all came at the rate.
class SctpPace {
 public:
  /// How many events may pass.
  struct Rate {
    std::int64_t per_second;  ///< in the long run
    std::int64_t at_once;     ///< in a row, after a pause

    /// From one event to the next at this rate.
    constexpr Duration interval() const noexcept {
      return std::chrono::nanoseconds(1'000'000'000 / per_second);
    }
  };

  /// Whether one more may pass. Counts it.
  bool take(const Rate& rate, TimePoint now) noexcept {
    const TimePoint due = std::max(next_, now);
    if (due - now >= rate.interval() * rate.at_once) return false;
    next_ = due + rate.interval();
    return true;
  }

 private:
  TimePoint next_ = long_ago;
};

/// Limits the handshakes of nodes without a stream that reach usrsctp, and the replies to strangers: per node, per sender and in
/// total. However many arrive, under however many names, there is time for the existing streams, and a sender that invents names
/// leaves room for strangers elsewhere. A repeated attempt, as an honest node makes, does not compete with first attempts.
class SctpAdmission {
 public:
  static constexpr SctpPace::Rate of_one{1000, 1024};    ///< INITs and COOKIE ECHOs of one node, known or not
  static constexpr SctpPace::Rate first_try{2000, 512};  ///< INITs of all strangers
  static constexpr SctpPace::Rate next_try{1000, 256};   ///< repeated ones among them
  static constexpr SctpPace::Rate cookies{2000, 512};    ///< COOKIE ECHOs of all strangers
  static constexpr SctpPace::Rate answers{1000, 256};    ///< refusals, to all nodes
  static constexpr std::int64_t part = 2;                ///< one sender gets 1/part of each of these
  /// Places that count nodes, and senders; a secret decides which of them share one.
  static constexpr std::size_t places = 4096;

  /// Whether `handshake`, which begins with INIT or COOKIE ECHO, may reach usrsctp. Counts it. `sender`: the sender of the frame,
  /// whatever NID it uses (`NetworkSource::share`). `known`: there are streams with that node.
  template <ContextLike Cx>
  bool allows(Nid from, std::uint64_t sender, const wire::SctpPacket& handshake, bool known, Cx& cx) {
    Place& place = places_[place_of(from.value(), cx)];
    if (!place.pace.take(of_one, cx.now())) return false;
    if (known) return true;
    Paces& its = senders_[place_of(sender, cx)];
    if (!handshake.asks()) return take(its, &Paces::cookies, cookies, cx.now());
    if (take(its, &Paces::first, first_try, cx.now())) return true;
    const std::uint64_t mark = mix64(what(handshake) ^ secret_);
    if (place.turned_away == mark && take(its, &Paces::next, next_try, cx.now())) return true;
    place.turned_away = mark;
    return false;
  }
  /// Whether a packet of `sender` that belongs to no stream may be answered. Counts it.
  template <ContextLike Cx>
  bool answer(std::uint64_t sender, Cx& cx) {
    return take(senders_[place_of(sender, cx)], &Paces::answers, answers, cx.now());
  }

 private:
  struct Place {
    SctpPace pace;
    std::uint64_t turned_away = 0;
  };
  struct Paces {
    SctpPace first, next, cookies, answers;
  };

  /// Checks the sender's part first, so that its excess takes nothing from others.
  bool take(Paces& sender, SctpPace Paces::*pace, const SctpPace::Rate& rate, TimePoint now) noexcept {
    const SctpPace::Rate its{rate.per_second / part, rate.at_once / part};
    return (sender.*pace).take(its, now) && (all_.*pace).take(rate, now);
  }

  /// The same for a repeated INIT.
  static std::uint64_t what(const wire::SctpPacket& init) noexcept {
    const std::uint32_t ports =
        std::uint32_t{init.header().source_port()} << 16 | init.header().destination_port();
    return std::uint64_t{init.initiate_tag()} << 32 | ports;
  }

  template <class Cx>
  std::size_t place_of(std::uint64_t who, Cx& cx) {
    if (places_.empty()) {
      secret_ = cx.secret();
      places_.resize(places);
      senders_.resize(places);
    }
    return mix64(who ^ secret_) % places;
  }

  std::vector<Place> places_;
  std::vector<Paces> senders_;
  std::uint64_t secret_ = 0;
  Paces all_;
};

}  // namespace ilnp
