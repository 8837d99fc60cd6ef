// `fuzz --target=NAME [LIBFUZZER_OPTION]... CORPUS...`: libFuzzer runs one of the targets.
#include <cstring>

#include "fuzz.hpp"

namespace {
const ilnp::fuzz::Target* target = nullptr;
}

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int at = 1; at < *argc; ++at)
    for (const auto& each : ilnp::fuzz::targets())
      if ((*argv)[at] == "--target=" + std::string(each.name)) target = &each;
  if (target) return 0;
  std::fprintf(stderr, "fuzz: say --target=NAME, one of:");
  for (const auto& each : ilnp::fuzz::targets()) std::fprintf(stderr, " %s", each.name.data());
  std::fprintf(stderr, "\n");
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  target->run(std::as_bytes(std::span(octets, size)));
  return 0;
}
