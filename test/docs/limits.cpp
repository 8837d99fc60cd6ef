// The limits that docs/protocol.md gives are those of the code, and the sections of it that the code names are there.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/transport/fragment.hpp>
#include <ilnp/transport/stp.hpp>
#include <ilnp/underlay/send_failures.hpp>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ilnp::test::limits_test {

const std::filesystem::path root = std::filesystem::path(ILNP_TEST_VECTORS).parent_path().parent_path();

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  BOOST_REQUIRE_MESSAGE(in, path);
  return {std::istreambuf_iterator<char>(in), {}};
}

BOOST_AUTO_TEST_SUITE(the_protocol_document)

BOOST_AUTO_TEST_CASE(gives_the_limits_of_the_code) {
  const std::vector<std::pair<std::string, std::size_t>> limits{
      {"ForwardingTable::max_routes", ForwardingTable::max_routes},
      {"HostTable::max_hosts", HostTable::max_hosts},
      {"Host::max_locators", Host::max_locators},
      {"CorrespondentTable::max_correspondents", CorrespondentTable::max_correspondents},
      {"CorrespondentTable::max_changes_a_second", CorrespondentTable::max_changes_a_second},
      {"SendFailures::max_destinations", SendFailures::max_destinations},
      {"CarrierElection::max_flows", CarrierElection::max_flows},
      {"NeighbourTable::max_neighbours", NeighbourTable::max_neighbours},
      {"NeighbourTable::max_places", NeighbourTable::max_places},
      {"SeenMessages::max_messages", SeenMessages::max_messages},
      {"DuplicateFilter::max_packets", DuplicateFilter::max_packets},
      {"ReflectionFilter::max_packets", ReflectionFilter::max_packets},
      {"AnswerLimit::max_to_one", AnswerLimit::max_to_one},
      {"Reassembly::max_datagrams", Reassembly::max_datagrams},
      {"FragmentPeers::max_held", FragmentPeers::max_held},
      {"FragmentPeers::max_peers", FragmentPeers::max_peers},
      {"DatagramPool::max_buffers", DatagramPool::max_buffers},
      {"NetworkConfig::max_locators", NetworkConfig::max_locators},
      {"wire::max_host_name", wire::max_host_name},
  };
  const std::string document = text_of(root / "docs/protocol.md");
  for (const auto& [name, value] : limits) {
    const auto at = document.find("`" + name + "`");
    BOOST_TEST((at != std::string::npos), name << " is not in the document");
    if (at == std::string::npos) continue;
    const auto line = document.rfind('\n', at);
    const std::string row = document.substr(line, document.find('\n', at) - line);
    std::string number(" ");
    number += std::to_string(value);
    const auto found = row.find(number);
    const bool whole =
        found != std::string::npos && std::string_view(" ,").find(row[found + number.size()]) < 2;
    BOOST_TEST(whole, name << " is" << number << ": " << row);
  }
}

BOOST_AUTO_TEST_CASE(has_the_sections_that_the_code_names) {
  const std::string document = text_of(root / "docs/protocol.md");
  const std::string mark = "docs/protocol.md, \"";
  int found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "include")) {
    if (entry.path().extension() != ".hpp") continue;
    const std::string text = text_of(entry.path());
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
      const auto begin = at + mark.size();
      const std::string section = text.substr(begin, text.find('"', begin) - begin);
      BOOST_TEST((document.find("# " + section + "\n") != std::string::npos ||
                  document.find("# " + section + " (") != std::string::npos),
                 entry.path().filename() << " names the section \"" << section << '"');
      ++found;
    }
  }
  BOOST_TEST(found > 5);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::limits_test
