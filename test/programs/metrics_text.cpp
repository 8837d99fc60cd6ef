// The text of metrics, in both formats.
#include "metrics_text.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::metrics_text_test {

using program::Histogram;
using program::MetricsFormat;
using program::MetricsText;

std::string text_of(MetricsFormat format) {
  MetricsText text(format);
  text.counter("frames", "Frames \\ with \"quotes\"\nand lines", std::uint64_t{1} << 63);
  text.gauge("size_bytes", "A size", 0.25);
  text.info("node", "A node", {{"name", "a\"b\\c\nd"}, {"nid", "1"}});
  text.begin_gauge("up", "Up");
  text.sample(1U, {{"of", "a"}});
  text.sample(0U, {{"of", "b"}});
  Histogram times{0.5, 1, 2.5};
  for (const double time : {0.1, 0.5, 0.6, 3.0}) times.observe(time);
  text.histogram("time_seconds", "A time", times);
  return text.finish();
}

BOOST_AUTO_TEST_SUITE(metrics_text)

BOOST_AUTO_TEST_CASE(is_the_format_of_prometheus) {
  BOOST_TEST(text_of(MetricsFormat::prometheus) == R"(# HELP frames_total Frames \\ with "quotes"\nand lines
# TYPE frames_total counter
frames_total 9223372036854775808
# HELP size_bytes A size
# TYPE size_bytes gauge
size_bytes 0.25
# HELP node_info A node
# TYPE node_info gauge
node_info{name="a\"b\\c\nd",nid="1"} 1
# HELP up Up
# TYPE up gauge
up{of="a"} 1
up{of="b"} 0
# HELP time_seconds A time
# TYPE time_seconds histogram
time_seconds_bucket{le="0.5"} 2
time_seconds_bucket{le="1.0"} 3
time_seconds_bucket{le="2.5"} 3
time_seconds_bucket{le="+Inf"} 4
time_seconds_sum 4.2
time_seconds_count 4
)");
}

BOOST_AUTO_TEST_CASE(is_openmetrics) {
  const std::string text = text_of(MetricsFormat::openmetrics);
  BOOST_TEST(text.starts_with(R"(# HELP frames Frames \\ with \"quotes\"\nand lines
# TYPE frames counter
frames_total 9223372036854775808
)"));
  BOOST_TEST(text.find("# TYPE node info\nnode_info{") != text.npos);
  BOOST_TEST(text.ends_with("\n# EOF\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::metrics_text_test
