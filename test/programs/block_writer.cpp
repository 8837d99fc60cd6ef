// The writer of captures: a slow or absent reader, a full disk, and files that follow each other.
#include "block_writer.hpp"

#include <sys/resource.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace ilnp::test::block_writer_test {

using namespace std::chrono_literals;
using program::BlockWriter;
using program::CaptureTarget;

/// A block of this type and size, all of one octet.
std::vector<std::byte> block(std::uint32_t type, std::uint32_t size, char fill = 'x') {
  std::vector<std::byte> octets(size, static_cast<std::byte>(fill));
  ilnp::wire::store_little(octets, 0, type);
  ilnp::wire::store_little(octets, 4, size);
  return octets;
}
constexpr std::uint32_t section = 0x0a0d0d0a, interface = 1, packet = 6;

struct Folder {
  Folder() {
    std::signal(SIGPIPE, SIG_IGN);
    std::string name = "/tmp/ilnp-capture-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }

  CaptureTarget target(std::uint64_t max_size = 0, unsigned files = 2) const {
    CaptureTarget made;
    made.path = (path / "x").string();
    made.max_size = max_size;
    made.files = files;
    BOOST_REQUIRE(made.open());
    return made;
  }
  std::string text(const char* name) const {
    std::ifstream in(path / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path path;
};

bool put(BlockWriter& writer, const std::vector<std::byte>& octets) {
  const Bytes parts[] = {Bytes(octets).first(3), Bytes(octets).subspan(3)};
  return writer.put(parts);
}
/// Puts it once there is room again; false if that never happens.
bool put_when_possible(BlockWriter& writer, const std::vector<std::byte>& octets) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!put(writer, octets)) {
    if (writer.error() != 0 || std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}
/// Waits until the writer has given up.
int error_of(BlockWriter& writer) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (writer.error() == 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  return writer.error();
}

BOOST_FIXTURE_TEST_SUITE(block_writer, Folder)

BOOST_AUTO_TEST_CASE(blocks_arrive_in_order) {
  std::string expected;
  {
    BlockWriter writer(target(), 4096);
    for (int number = 0; number < 2000; ++number) {
      const auto next =
          block(packet, 100 + 4 * static_cast<std::uint32_t>(number % 7), static_cast<char>(number));
      BOOST_TEST_REQUIRE(put_when_possible(writer, next));
      expected += as_text(next);
    }
    BOOST_TEST(writer.finish({}));
    BOOST_TEST(!put(writer, block(packet, 100)));
  }
  BOOST_TEST((text("x") == expected));
}

BOOST_AUTO_TEST_CASE(files_follow_each_other_and_each_begins_with_the_headers) {
  const auto first = block(section, 32), second = block(interface, 40), third = block(interface, 44);
  const std::string headers = std::string(as_text(first)) + std::string(as_text(second));
  {
    BlockWriter writer(target(1000, 3));
    put(writer, first);
    put(writer, second);
    for (int number = 0; number < 50; ++number) {
      if (number == 45) put(writer, third);
      BOOST_TEST_REQUIRE(put_when_possible(writer, block(packet, 100, static_cast<char>('A' + number))));
    }
  }
  for (const char* name : {"x", "x.1", "x.2"}) {
    const std::string octets = text(name);
    BOOST_TEST((octets.size() > 72 && octets.size() <= 1000), name << ": " << octets.size());
    BOOST_TEST(octets.starts_with(headers), name);
  }
  BOOST_TEST(!std::filesystem::exists(path / "x.3"));
  BOOST_TEST(text("x").back() == 'A' + 49);
  BOOST_TEST(text("x.2").find('A' + 49) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_block_longer_than_a_file_is_still_written) {
  {
    BlockWriter writer(target(100));
    for (int number = 0; number < 3; ++number)
      put(writer, block(packet, 400, static_cast<char>('a' + number)));
  }
  BOOST_TEST(text("x").size() == 400U);
  BOOST_TEST(text("x").back() == 'c');
  BOOST_TEST(text("x.1").back() == 'b');
}

BOOST_AUTO_TEST_CASE(a_reader_that_does_not_read_blocks_nobody) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  CaptureTarget pipe;
  pipe.path = "-";
  pipe.descriptor = ends[1];
  BlockWriter writer(std::move(pipe), 10'000);
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (::write(ends[1], "full", 4) > 0) {
  }
  ::fcntl(ends[1], F_SETFL, 0);
  int refused = 0;
  for (int number = 0; number < 1000; ++number) refused += !put(writer, block(packet, 1000));
  BOOST_TEST((refused >= 980 && refused <= 990), refused);  // ten wait; the thread may have taken ten
  BOOST_TEST(!writer.finish({10ms, 20ms}));
  ::close(ends[0]);
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_gone_ends_the_capture) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  CaptureTarget pipe;
  pipe.path = "-";
  pipe.descriptor = ends[1];
  BlockWriter writer(std::move(pipe));
  ::close(ends[0]);
  BOOST_TEST(put(writer, block(section, 32)));
  BOOST_TEST(error_of(writer) == EPIPE);
  BOOST_TEST(!put(writer, block(packet, 32)));
  BOOST_TEST(!writer.finish({}));
}

BOOST_AUTO_TEST_CASE(blocks_wait_for_the_reader_of_a_named_pipe) {
  BOOST_REQUIRE(::mkfifo((path / "x").c_str(), S_IRUSR | S_IWUSR) == 0);
  std::string got;
  std::thread reader;
  {
    BlockWriter writer(target(), 1000);  // neither waits
    BOOST_TEST(writer.unread());
    BOOST_TEST(put(writer, block(packet, 900)));
    BOOST_TEST(!put(writer, block(packet, 900)));
    reader = std::thread([&] { got = text("x"); });
    BOOST_TEST(put_when_possible(writer, block(packet, 300)));
    BOOST_TEST(!writer.unread());
    BOOST_TEST(writer.finish({}));
  }
  reader.join();
  BOOST_TEST(got.size() == 1200U);
}

BOOST_AUTO_TEST_CASE(the_end_does_not_wait_for_the_reader_of_a_named_pipe) {
  BOOST_REQUIRE(::mkfifo((path / "x").c_str(), S_IRUSR | S_IWUSR) == 0);
  {
    BlockWriter writer(target());
    BOOST_TEST(put(writer, block(section, 32)));
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(!writer.finish({20s, 20s}));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 15s));
    BOOST_TEST(writer.unread());
    BOOST_TEST(writer.error() == 0);
  }
  BOOST_TEST(text("x").size() == 32U);  // with a reader, its thread ends
}

BOOST_AUTO_TEST_CASE(a_pipe_with_a_reader_is_open_at_once) {
  BOOST_REQUIRE(::mkfifo((path / "x").c_str(), S_IRUSR | S_IWUSR) == 0);
  const int reader = ::open((path / "x").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const CaptureTarget made = target();
  BOOST_TEST(!made.unread);
  BOOST_TEST((::fcntl(made.descriptor, F_GETFL) & O_NONBLOCK) == 0);  // the thread may wait in it
  ::close(reader);
}

BOOST_AUTO_TEST_CASE(a_full_disk_ends_the_capture_with_a_whole_block) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit before = [] {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    return limit;
  }();
  const rlimit small{1050, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  int error = 0;
  {
    BlockWriter writer(target());
    for (int number = 0; number < 100 && put_when_possible(writer, block(packet, 100)); ++number) {
    }
    error = error_of(writer);
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  BOOST_TEST(error == EFBIG);
  BOOST_TEST(text("x").size() == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::block_writer_test
