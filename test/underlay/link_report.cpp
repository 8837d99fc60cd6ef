#include "ilnp/underlay/link_report.hpp"

#include <boost/test/unit_test.hpp>

#include "lab.hpp"
#include "support/print.hpp"

namespace ilnp::test::link_report_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(a_link_is_told_to_fail_once_and_to_work_once) {
  const Host host;
  const auto visit = host.visit();
  std::vector<std::string> shown;
  Random random(1);
  Context cx(TimePoint{}, random, LinkLog{&shown});
  LinkMonitor link("v0", Endpoint(prefix.group(a), overlay_port));
  link.look(-1);
  LinkReport report(link);
  const auto look = [&](Duration later) {
    cx.set_now(cx.now() + later);
    link.look(-1);
    report.look(link, cx);
    return shown;
  };
  using Shown = std::vector<std::string>;
  BOOST_TEST(look(1s) == Shown{});  // so it was at the start
  host.ip("link add v0 type veth peer name v1");
  BOOST_TEST(look(1s) == Shown{});  // another reason, which may pass
  BOOST_TEST(look(LinkReport::lasting) == Shown{down(LinkProblem::down)});
  host.ip("link set v1 up");
  host.ip("link set v0 up");
  BOOST_TEST(eventually([&] { return look(0s).size() == 2; }));
  BOOST_TEST(shown.back() == "up");
  BOOST_TEST(report.failures() == 0U);
  host.ip("link set v0 down");
  look(1s);
  host.ip("link del v0");
  look(1s);
  BOOST_TEST((look(1s) == Shown{down(LinkProblem::down), "up", down(LinkProblem::down)}));
  look(LinkReport::lasting);
  BOOST_TEST(look(1min).size() == 4U);
  BOOST_TEST(shown.back() == down(LinkProblem::gone));
  BOOST_TEST(report.failures() == 1U);
}

}  // namespace ilnp::test::link_report_test
