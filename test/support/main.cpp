#include <boost/test/unit_test.hpp>

// What BOOST_TEST_MODULE would make of a header that is precompiled without it.
int main(int argc, char* argv[]) {
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
