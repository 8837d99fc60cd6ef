#include "ilnp/gateway/overlay_name.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::overlay_name_test {

BOOST_AUTO_TEST_CASE(in_any_case_and_with_or_without_the_root) {
  for (const auto& [name, node] : {std::pair("bob.ilnp", "bob"),
                                   {"Bob.ILNP.", "Bob"},
                                   {"bob.ilnp.", "bob"},
                                   {"BOB.iLnP", "BOB"},
                                   {"bob.ilnp..", "bob"},
                                   {"bob.example.org.ilnp", "bob.example.org"},
                                   {"bob..ilnp", "bob."},
                                   {"ilnp.ilnp", "ilnp"},
                                   {"\u00e4.Ilnp", "\u00e4"},
                                   {"ilnp", ""},
                                   {".ILNP.", ""}}) {
    BOOST_TEST(is_overlay_name(name), name);
    BOOST_TEST(node_of_overlay_name(name) == node);
  }
}

BOOST_AUTO_TEST_CASE(what_is_of_somebody_else) {
  for (const char* name :
       {"", ".", "bob", "example.org", "bobilnp", "bob.ilnp.org", "ilnp.org.", "bob.ilnpx", "lnp"})
    BOOST_TEST(!is_overlay_name(name), name);
}

}  // namespace ilnp::test::overlay_name_test
