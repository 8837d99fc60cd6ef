// Every block of C++ in the documents stands word for word in a source that is compiled and run.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace ilnp::test::snippets_test {

using Lines = std::vector<std::string>;
const std::filesystem::path root = std::filesystem::path(ILNP_TEST_VECTORS).parent_path().parent_path();

Lines lines_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  BOOST_REQUIRE_MESSAGE(in, path);
  Lines lines;
  for (std::string line; std::getline(in, line);) {
    line.erase(line.find_last_not_of(" \t\r") + 1);
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::filesystem::path> files(const std::filesystem::path& folder,
                                         std::initializer_list<const char*> extensions) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    for (const char* extension : extensions)
      if (entry.path().extension() == extension) found.push_back(entry.path());
  return found;
}

struct Block {
  std::string where;
  Lines lines;
};

/// The ```cpp blocks of a document.
std::vector<Block> blocks(const std::filesystem::path& path) {
  std::vector<Block> found;
  bool inside = false;
  int number = 0;
  for (const std::string& line : lines_of(path)) {
    ++number;
    if (!inside && line == "```cpp") {
      found.push_back({path.filename().string() + ":" + std::to_string(number), {}});
      inside = true;
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      found.back().lines.push_back(line);
    }
  }
  BOOST_TEST(!inside, "a block without an end in " << path);
  return found;
}

/// True if `block` stands in `source`, indented as a whole by any number of blanks.
bool stands_in(const Lines& block, const Lines& source) {
  for (std::size_t start = 0; start + block.size() <= source.size(); ++start) {
    const std::size_t indent = source[start].find(block.front());
    if (indent == std::string::npos || source[start].find_first_not_of(' ') < indent) continue;
    bool same = true;
    for (std::size_t i = 0; i < block.size() && same; ++i)
      same = source[start + i] == (block[i].empty() ? "" : std::string(indent, ' ') + block[i]);
    if (same) return true;
  }
  return false;
}

BOOST_AUTO_TEST_CASE(every_block_of_code_in_the_documents_is_compiled) {
  std::vector<Lines> sources;
  for (const char* folder : {"test/docs", "test/package/consumer"})
    for (const auto& path : files(root / folder, {".cpp", ".hpp"})) sources.push_back(lines_of(path));
  std::vector<Block> all;
  for (const auto& path : files(root / "docs", {".md"}))
    for (auto& block : blocks(path)) all.push_back(std::move(block));
  for (const char* name : {"README.md", "CONTRIBUTING.md"})
    for (auto& block : blocks(root / name)) all.push_back(std::move(block));
  BOOST_TEST(all.size() >= 5u);
  for (const Block& block : all) {
    BOOST_REQUIRE_MESSAGE(!block.lines.empty(), block.where);
    const bool found =
        std::ranges::any_of(sources, [&](const Lines& source) { return stands_in(block.lines, source); });
    BOOST_TEST(found, block.where << ": this block is in no source that is compiled");
  }
}

/// Of docs/tutorial.md: the blocks of the part "A node in five steps" are the program, and each layer is short.
BOOST_AUTO_TEST_CASE(the_steps_of_the_tutorial_are_a_program) {
  const std::filesystem::path tutorial = root / "docs" / "tutorial.md";
  std::vector<Block> steps = blocks(tutorial), layers;
  const auto is_layer = [](const Block& block) { return block.lines.front().starts_with("///"); };
  std::ranges::copy_if(steps, std::back_inserter(layers), is_layer);
  std::erase_if(steps, is_layer);
  BOOST_TEST(steps.size() == 5u);
  BOOST_TEST(layers.size() == 4u);
  for (const Block& layer : layers) BOOST_TEST(layer.lines.size() < 80u, layer.where);
  Lines program;
  for (const Block& step : steps) {
    if (!program.empty()) program.emplace_back();
    program.insert(program.end(), step.lines.begin(), step.lines.end());
  }
  const Lines source = lines_of(root / "test" / "docs" / "tutorial_node.cpp");
  BOOST_TEST(program == source, boost::test_tools::per_element());
}

/// What a link calls a heading: in lower case, blanks as hyphens, without punctuation.
std::string anchor(const std::string& heading) {
  std::string made;
  for (const char c : heading.substr(heading.find_first_not_of("# "))) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == ' ') made += '-';
    if (c == '-' || c == '_' || std::isalnum(octet)) made += static_cast<char>(std::tolower(octet));
  }
  return made;
}

/// The lines of a document that are not in a block of code.
Lines prose(const std::filesystem::path& document) {
  Lines found;
  bool inside = false;
  for (const std::string& line : lines_of(document)) {
    if (line.starts_with("```"))
      inside = !inside;
    else if (!inside)
      found.push_back(line);
  }
  return found;
}

bool has_heading(const std::filesystem::path& document, const std::string& name) {
  return std::ranges::any_of(prose(document), [&](const std::string& line) {
    return line.starts_with("#") && anchor(line) == name;
  });
}

BOOST_AUTO_TEST_CASE(every_link_in_the_documents_leads_somewhere) {
  std::vector<std::filesystem::path> documents = files(root / "docs", {".md"});
  for (const char* name : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}) documents.push_back(root / name);
  for (const auto& document : documents) {
    for (const std::string& line : prose(document)) {
      for (std::size_t at = line.find("]("); at != std::string::npos; at = line.find("](", at + 1)) {
        const std::string target = line.substr(at + 2, line.find(')', at) - at - 2);
        if (target.find("://") != std::string::npos) continue;
        const auto mark = target.find('#');
        const std::string name = target.substr(0, mark);
        const auto file = name.empty() ? document : document.parent_path() / name;
        const bool there = std::filesystem::exists(file);
        BOOST_TEST(there, document.filename() << ": " << target);
        if (!there || mark == std::string::npos || file.extension() != ".md") continue;
        BOOST_TEST(has_heading(file, target.substr(mark + 1)), document.filename() << ": " << target);
      }
    }
  }
}

}  // namespace ilnp::test::snippets_test
