// Runs fuzz targets over inputs that are given, without libFuzzer:
//
//   fuzz-replay                       every target: its seeds, what stands in regressions/NAME, and mutations of both
//   fuzz-replay TARGET FILE...        one target, these files; a folder stands for the files in it
//   fuzz-replay --seeds FOLDER        writes the seeds of each target to FOLDER/NAME
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz.hpp"
#include "support/seed.hpp"

using namespace ilnp;
using namespace ilnp::fuzz;
namespace fs = std::filesystem;

namespace {

constexpr int mutations = 100;  // of each input

Octets read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  const std::vector<char> text{std::istreambuf_iterator<char>(in), {}};
  return test::octets(std::as_bytes(std::span(text)));
}

std::vector<fs::path> files(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> found;
  for (const auto& each : fs::directory_iterator(path))
    if (each.is_regular_file()) found.push_back(each.path());
  std::ranges::sort(found);
  return found;
}

void write_seeds(const fs::path& folder) {
  for (const auto& target : targets()) {
    fs::create_directories(folder / target.name);
    int number = 0;
    for (const auto& octets : target.seeds()) {
      std::ofstream out(folder / target.name / ("seed-" + std::to_string(number++)), std::ios::binary);
      const auto text = as_text(octets);
      out.write(text.data(), static_cast<std::streamsize>(text.size()));
      if (!out.flush()) throw std::runtime_error("cannot write the seeds");
    }
  }
}

void run_all(const Target& target) {
  auto inputs = target.seeds();
  const fs::path regressions = fs::path(ILNP_FUZZ_REGRESSIONS) / target.name;
  if (fs::exists(regressions))
    for (const auto& file : files(regressions)) {
      std::cout << target.name << ": " << file.filename().string() << std::endl;
      inputs.push_back(read(file));
      target.run(inputs.back());
    }
  Random random(test::seed(std::string(target.name)));
  int number = 0;
  for (const auto& input : inputs) {
    std::cout << target.name << ": input " << number++ << " of " << inputs.size() << std::endl;
    target.run(input);
    for (int i = 0; i < mutations; ++i) target.run(test::mutated(random, input));
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "--seeds") return write_seeds(words[1]), 0;
  if (words.empty()) {
    for (const auto& target : targets()) run_all(target);
    return 0;
  }
  const auto target = std::ranges::find(targets(), words[0], &Target::name);
  if (target == targets().end()) throw std::runtime_error("no target " + words[0]);
  for (std::size_t at = 1; at < words.size(); ++at)
    for (const auto& file : files(words[at])) {
      std::cout << file.string() << std::endl;
      target->run(read(file));
    }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "fuzz-replay: %s\n", error.what());
  return 1;
}
