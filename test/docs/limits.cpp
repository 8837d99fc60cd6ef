// The limits in docs/limits.md are those of the code. The documents and sections that the code names exist.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/posix/send_failures.hpp>
#include <ilnp/posix/tun_device.hpp>
#include <ilnp/transport/fragment.hpp>
#include <ilnp/transport/stp.hpp>
#include <ilnp/tun/joiner.hpp>
#include <ilnp/tun/tun.hpp>
#include <iterator>
#include <set>
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

BOOST_AUTO_TEST_SUITE(the_documents_and_the_code)

BOOST_AUTO_TEST_CASE(limits_are_those_of_the_code) {
  const std::vector<std::pair<std::string, std::size_t>> limits{
      {"ForwardingTable::max_routes", ForwardingTable::max_routes},
      {"HostTable::max_hosts", HostTable::max_hosts},
      {"KnownHost::max_locators", KnownHost::max_locators},
      {"CorrespondentTable::max_correspondents", CorrespondentTable::max_correspondents},
      {"CorrespondentTable::max_changes_a_second", CorrespondentTable::max_changes_a_second},
      {"SendFailures::max_destinations", SendFailures::max_destinations},
      {"ForwarderElection::max_flows", ForwarderElection::max_flows},
      {"NeighbourTable::max_neighbours", NeighbourTable::max_neighbours},
      {"NeighbourTable::max_places", NeighbourTable::max_places},
      {"SeenMessages::max_messages", SeenMessages::max_messages},
      {"DuplicateFilter::max_packets", DuplicateFilter::max_packets},
      {"ReflectionFilter::max_packets", ReflectionFilter::max_packets},
      {"ReplyLimit::max_to_one", ReplyLimit::max_to_one},
      {"PingLimit::max_to_one", PingLimit::max_to_one},
      {"Pings::max_pings", Pings::max_pings},
      {"Reassembly::max_datagrams", Reassembly::max_datagrams},
      {"FragmentPeers::max_held", FragmentPeers::max_held},
      {"FragmentPeers::max_peers", FragmentPeers::max_peers},
      {"DatagramPool::max_buffers", DatagramPool::max_buffers},
      {"NetworkConfig::max_locators", NetworkConfig::max_locators},
      {"tun::Peers::max_peers", tun::Peers::max_peers},
      {"tun::Peers::max_probing", tun::Peers::max_probing},
      {"tun::HeldReads::max_of_peer", tun::HeldReads::max_of_peer},
      {"tun::ProbeLimit::max_to_one", tun::ProbeLimit::max_to_one},
      {"tun::RefusalLimit::max_to_one", tun::RefusalLimit::max_to_one},
      {"tun::WaitingQueries::max_queries", tun::WaitingQueries::max_queries},
      {"TunConfig::max_allowed", TunConfig::max_allowed},
      {"tun::Joiner::max_items", tun::Joiner::max_items},
      {"TunDevice::queue_length", TunDevice::queue_length},
      {"wire::max_host_name", wire::max_host_name},
  };
  const std::string document = text_of(root / "docs/limits.md");
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

/// The headings of a document.
std::vector<std::string> headings(const std::string& document) {
  std::vector<std::string> found;
  for (auto at = document.find("\n#"); at != std::string::npos; at = document.find("\n#", at + 1)) {
    const auto begin = document.find_first_not_of('#', at + 1) + 1;
    found.push_back(document.substr(begin, document.find('\n', begin) - begin));
  }
  return found;
}

// Written `docs/NAME.md`, or with a section: `docs/NAME.md, "Section"`.
BOOST_AUTO_TEST_CASE(documents_and_sections_that_the_code_names_are_there) {
  const std::set<std::string> extensions{".hpp", ".cpp", ".sh", ".py", ".ini", ".awk", ".lab", ".txt"};
  int documents = 0, sections = 0;
  for (const char* folder : {"include", "examples", "bench", "test"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !extensions.contains(entry.path().extension().string())) continue;
      if (entry.path().filename() == "limits.cpp") continue;
      const std::string text = text_of(entry.path());
      for (auto at = text.find("docs/"); at != std::string::npos; at = text.find("docs/", at + 1)) {
        const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at + 5);
        if (end == at + 5 || text.compare(end, 3, ".md") != 0) continue;
        const std::filesystem::path document = root / text.substr(at, end + 3 - at);
        BOOST_TEST(std::filesystem::exists(document), entry.path().filename() << " names " << document);
        ++documents;
        if (text.compare(end + 3, 3, ", \"") != 0 || !std::filesystem::exists(document)) continue;
        const std::string section = text.substr(end + 6, text.find('"', end + 6) - end - 6);
        const auto there = headings(text_of(document));
        BOOST_TEST((std::ranges::find(there, section) != there.end()),
                   entry.path().filename() << " names the section \"" << section << "\" of " << document);
        ++sections;
      }
    }
  }
  BOOST_TEST(documents > 20);
  BOOST_TEST(sections > 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::limits_test
