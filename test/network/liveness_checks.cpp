#include "ilnp/network/liveness_checks.hpp"

#include <boost/test/unit_test.hpp>

#include "ilnp/network/discoverer.hpp"
#include "support/memory_underlay.hpp"
#include "support/print.hpp"

namespace ilnp::test::liveness_checks_test {

using namespace std::chrono_literals;
using Why = LivenessChecks::Why;

struct Fixture {
  bool begin(std::uint64_t nid, Why why = Why::goodbye, std::string name = {}) {
    return checks.begin({Nid(nid), why, {}, std::move(name)}, solicited_at, many, now);
  }
  void run(Duration length) {
    const TimePoint until = now + length;
    while (checks.next_deadline() <= until) {
      now = std::max(now, checks.next_deadline());
      checks.poll(
          now,
          [&] {
            ++solicitations;
            solicited_at = now;
          },
          [&](const LivenessChecks::Check& check) { gone.push_back(check.nid); });
    }
    now = until;
  }

  LivenessChecks checks;
  TimePoint now = TimePoint{} + 1h;
  TimePoint solicited_at = long_ago;
  bool many = false;
  int solicitations = 0;
  std::vector<Nid> gone;
};

BOOST_FIXTURE_TEST_SUITE(liveness_checks, Fixture)

BOOST_AUTO_TEST_CASE(a_silent_node_is_gone_after_two_solicitations) {
  BOOST_TEST(checks.next_deadline() == never);
  BOOST_TEST(begin(2));
  run(1ms);
  BOOST_TEST(solicitations == 1);
  run(LivenessChecks::repeat_wait);
  BOOST_TEST(solicitations == 2);
  run(LivenessChecks::patience - LivenessChecks::repeat_wait - 2ms);
  BOOST_TEST(gone.empty());
  run(1ms);
  BOOST_TEST(gone == std::vector{Nid(2)});
  BOOST_TEST(solicitations == 2);
  BOOST_TEST(checks.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_node_that_is_heard_stays) {
  begin(2);
  begin(3);
  run(300ms);
  std::vector<Nid> heard;
  const auto note = [&](const LivenessChecks::Check& check) { heard.push_back(check.nid); };
  checks.hear(Nid(4), true, now, note);
  checks.hear(Nid(2), false, now, note);
  checks.hear(Nid(2), true, now, note);
  run(2s);
  BOOST_TEST(heard == std::vector{Nid(2)});
  BOOST_TEST(gone == std::vector{Nid(3)});
}

BOOST_AUTO_TEST_CASE(packets_already_on_their_way_do_not_count_after_a_goodbye) {
  std::vector<Nid> heard;
  const auto note = [&](const LivenessChecks::Check& check) { heard.push_back(check.nid); };
  begin(2);
  begin(3);
  begin(4);
  begin(5, Why::silence);
  checks.hear(Nid(2), false, now, note);
  checks.hear(Nid(3), true, now, note);
  checks.hear(Nid(5), false, now, note);
  run(LivenessChecks::under_way);
  checks.hear(Nid(4), false, now, note);
  run(2s);
  BOOST_TEST((heard == std::vector{Nid(3), Nid(5), Nid(4)}));
  BOOST_TEST(gone == std::vector{Nid(2)});
}

BOOST_AUTO_TEST_CASE(it_waits_to_solicit_until_others_answer_again) {
  solicited_at = now - 200ms;
  begin(2);
  run(849ms);
  BOOST_TEST(solicitations == 0);
  run(1ms);
  BOOST_TEST(solicitations == 1);
  run(LivenessChecks::reply_time - 1ms);
  BOOST_TEST(gone.empty());
  run(1ms);
  BOOST_TEST(gone.size() == 1U);
}

// Many nodes do not answer at once.
BOOST_AUTO_TEST_CASE(with_many_known_nodes_it_waits_longer_for_the_answer) {
  using Discovery = Discoverer<NetworkPolicies<MemoryUnderlay>>;
  static_assert(LivenessChecks::reply_time_of_many > Discovery::longest_spread);
  static_assert(LivenessChecks::patience > Discovery::longest_spread + LivenessChecks::repeat_wait);
  static_assert(LivenessChecks::spacing + LivenessChecks::reply_time < 1500ms);
  many = true;
  solicited_at = now;
  begin(2);
  run(LivenessChecks::spacing + Discovery::longest_spread + 50ms);
  BOOST_TEST(gone.empty());
  run(LivenessChecks::reply_time_of_many - Discovery::longest_spread - 50ms);
  BOOST_TEST(gone.size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_check_for_each_reason_and_name) {
  BOOST_TEST(begin(2));
  BOOST_TEST(!begin(2));
  BOOST_TEST(begin(2, Why::name_claimed, "bob"));
  BOOST_TEST(begin(2, Why::name_claimed, "carol"));
  BOOST_TEST(!begin(2, Why::name_claimed, "carol"));
}

BOOST_AUTO_TEST_CASE(a_check_because_of_silence_takes_longer) {
  begin(2, Why::silence);
  run(LivenessChecks::long_patience - 1ms);
  BOOST_TEST(gone.empty());
  run(1ms);
  BOOST_TEST(gone.size() == 1U);
}

BOOST_AUTO_TEST_CASE(both_checks_and_solicitations_are_bounded) {
  std::uint64_t nid = 0;
  for (int second = 0; second < 100; ++second) {
    for (int i = 0; i < 1000; ++i) begin(++nid);
    BOOST_TEST(checks.size() <= LivenessChecks::max_checks);
    run(1s);
  }
  BOOST_TEST(solicitations >= 10);
  BOOST_TEST(solicitations <= 60);
  // A node that was asked is known to be gone; one that could not be asked is left alone.
  BOOST_TEST(gone.size() <= static_cast<std::size_t>(solicitations) * LivenessChecks::max_checks);
  gone.clear();
  run(60s);
  BOOST_TEST(begin(1));
  run(2s);
  BOOST_TEST(gone.back() == Nid(1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::liveness_checks_test
