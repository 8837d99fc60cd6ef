#include "ilnp/tun/allowed_hosts.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "ilnp/base/error.hpp"
#include "support/print.hpp"

namespace ilnp::test::tun_allowed_hosts_test {

using namespace std::chrono_literals;

/// Names, and how often one was looked up.
struct Names {
  std::map<std::string, Nid, std::less<>> all;
  int look_ups = 0;

  template <class Cx>
  result<Nid> resolve(std::string_view name, Cx&) {
    ++look_ups;
    const auto found = all.find(name);
    if (found == all.end()) return Errc::unknown_host;
    return found->second;
  }
};

struct Fixture {
  Names names{{{"bob", Nid(0xb)}, {"carol", Nid(0xc)}}};
  Random random{1};
  Context<> cx{TimePoint{} + 1h, random};
};

BOOST_FIXTURE_TEST_SUITE(tun_allowed_hosts, Fixture)

BOOST_AUTO_TEST_CASE(a_name_means_whom_it_means_now) {
  tun::AllowedHosts hosts({"bob", "dave"});
  BOOST_TEST(!hosts.empty());
  BOOST_TEST(hosts.has(Nid(0xb), names, cx));
  BOOST_TEST(!hosts.has(Nid(0xc), names, cx));
  BOOST_TEST(!hosts.has(Nid(0xd), names, cx));
  names.all = {{"bob", Nid(0x1b)}, {"dave", Nid(0xd)}};
  cx.set_now(cx.now() + tun::AllowedHosts::pause);
  BOOST_TEST(!hosts.has(Nid(0xb), names, cx));
  BOOST_TEST(hosts.has(Nid(0x1b), names, cx));
  BOOST_TEST(hosts.has(Nid(0xd), names, cx));
  BOOST_TEST(tun::AllowedHosts({}).empty());
}

BOOST_AUTO_TEST_CASE(strangers_cause_few_look_ups) {
  tun::AllowedHosts hosts({"bob", "carol", "dave"});
  for (std::uint64_t nid = 0x1000; nid < 0x1000 + 10'000; ++nid) {
    BOOST_TEST_REQUIRE(!hosts.has(Nid(nid), names, cx));
    cx.set_now(cx.now() + 10us);
  }
  BOOST_TEST(names.look_ups == 3 * 100);  // in 100 ms
  BOOST_TEST(hosts.has(Nid(0xc), names, cx));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_allowed_hosts_test
