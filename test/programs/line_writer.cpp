// The writer of a running node: it never blocks, never ends anything, and loses nothing in silence.
#include <fcntl.h>
#include <pthread.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <string>

#include "line_writer.hpp"

namespace ilnp::test::line_writer_test {

using program::LineWriter;
using namespace std::chrono_literals;

struct Pipe {
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  /// The end to write to stays open. A writer that was given up may still hold it, and would write to whatever has its number
  /// next.
  ~Pipe() { close_reader(); }
  void close_reader() {
    if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
  }
  /// What is there now.
  std::string read() const {
    std::string all(1 << 21, '\0');
    std::size_t size = 0;
    for (ssize_t count = 0; (count = ::read(ends[0], all.data() + size, all.size() - size)) > 0;)
      size += static_cast<std::size_t>(count);
    all.resize(size);
    return all;
  }
  std::array<int, 2> ends{};
};

/// No thread can be made while this lives: none of a size that no address space has room for.
struct NoThreads {
  NoThreads() { set(std::size_t{1} << 50); }
  ~NoThreads() { set(std::size_t{8} << 20); }
  static void set(std::size_t stack) {
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, stack);
    BOOST_REQUIRE(::pthread_setattr_default_np(&attributes) == 0);
    ::pthread_attr_destroy(&attributes);
  }
};

std::string everything(const Pipe& pipe, const std::string& end) {
  std::string all;
  for (int tries = 0; tries < 1000 && !all.ends_with(end); ++tries) {
    all += pipe.read();
    std::this_thread::sleep_for(10ms);
  }
  return all;
}

BOOST_AUTO_TEST_SUITE(a_line_writer)

BOOST_AUTO_TEST_CASE(writes_all_lines_in_order) {
  Pipe pipe;
  {
    LineWriter write(pipe.ends[1]);
    write("one");
    write("two");
  }
  BOOST_TEST(pipe.read() == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_a_reader_and_says_what_it_dropped) {
  Pipe pipe;
  LineWriter write(pipe.ends[1], 10'000);
  const std::string line(99, 'x');
  for (int i = 0; i < 2000; ++i) write(line);
  BOOST_TEST(write.losses().lines > 0u);
  const std::string end = " lines dropped: they could not be written in time\n";
  const std::string all = everything(pipe, end);
  BOOST_TEST_REQUIRE(all.ends_with(end));
  const auto begin = all.rfind('\n', all.size() - 2) + 1;
  const std::string last = all.substr(begin);
  const auto written = static_cast<std::uint64_t>(std::count(all.begin(), all.end(), '\n')) - 1;
  BOOST_TEST(last.find(' ' + std::to_string(2000 - written) + end) != last.npos,
             last << written << " lines written");
  write("again");
  BOOST_TEST(everything(pipe, "again\n") == "again\n");
}

BOOST_AUTO_TEST_CASE(does_not_wait_long_at_the_end) {
  Pipe pipe;
  const std::string line(99, 'x');
  const auto begin = std::chrono::steady_clock::now();
  {
    LineWriter write(pipe.ends[1]);
    for (int i = 0; i < 2000; ++i) write(line);
    write.finish({50ms, 1s});
    BOOST_TEST(write.losses().lines > 0u);
  }
  BOOST_TEST((std::chrono::steady_clock::now() - begin).count() < std::chrono::nanoseconds(20s).count());
}

BOOST_AUTO_TEST_CASE(survives_a_reader_that_goes_away) {
  Pipe pipe;
  pipe.close_reader();
  LineWriter write(pipe.ends[1]);
  write("one");
  write.finish();
  BOOST_TEST(write.losses().lines == 1u);
  BOOST_TEST(write.losses().error == EPIPE);
}

BOOST_AUTO_TEST_CASE(tries_again_after_an_error) {
  // A descriptor that is no file yet stands for a disk that is full.
  const int file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::close(file);
  Pipe pipe;
  BOOST_REQUIRE(pipe.ends[0] != file || pipe.ends[1] != file);
  const int later = 777;
  LineWriter write(later);
  write("one");
  for (int tries = 0; tries < 1000 && write.losses().error == 0; ++tries) std::this_thread::sleep_for(10ms);
  BOOST_TEST(write.losses().error == EBADF);
  write("two");
  BOOST_REQUIRE(::dup2(pipe.ends[1], later) == later);
  BOOST_TEST(everything(pipe, "two\n") == "one\ntwo\n");
  write.finish();
  BOOST_TEST(write.losses().lines == 0u);
  ::close(later);
}

BOOST_AUTO_TEST_CASE(counts_what_a_full_disk_does_not_take) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) return;
  LineWriter write(full, 1000, LineWriter::Gaps::counted);
  for (int i = 0; i < 500; ++i) write("12345");
  write.finish();
  BOOST_TEST(write.losses().lines == 500u);
  BOOST_TEST(write.losses().error == ENOSPC);
  ::close(full);
}

BOOST_AUTO_TEST_CASE(needs_no_thread) {
  Pipe pipe;
  const NoThreads none;
  const auto make = [] { std::thread([] {}).join(); };
  BOOST_CHECK_THROW(make(), std::system_error);
  LineWriter write(pipe.ends[1], 10'000);
  write("one");
  BOOST_TEST(pipe.read() == "one\n");
  const std::string line(99, 'x');
  for (int i = 0; i < 2000; ++i) write(line);
  BOOST_TEST(write.losses().lines > 0u);
  pipe.read();
  write("two");
  pipe.read();
  write("three");
  BOOST_TEST(pipe.read().ends_with("three\n"));
  for (int i = 0; i < 2000; ++i) write(line);
  write.finish({10ms, 100ms});
  const std::uint64_t lost = write.losses().lines;
  BOOST_TEST(lost > 1000u);
}

BOOST_AUTO_TEST_CASE(is_not_held_up_when_a_signal_comes) {
  Pipe pipe;
  // Lets it go on if it is held up all the same. Signals are not for it.
  sigset_t alarms;
  ::sigemptyset(&alarms);
  ::sigaddset(&alarms, SIGALRM);
  ::pthread_sigmask(SIG_BLOCK, &alarms, nullptr);
  std::atomic<bool> over = false;
  std::thread reader([&] {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!over && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(10ms);
    for (; !over; std::this_thread::sleep_for(10ms)) pipe.read();
  });
  ::pthread_sigmask(SIG_UNBLOCK, &alarms, nullptr);
  struct sigaction heed {};
  heed.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &heed, nullptr);
  const auto begin = std::chrono::steady_clock::now();
  {
    const NoThreads none;
    LineWriter write(pipe.ends[1]);
    const std::string line(PIPE_BUF - 1, 'x');  // whole pages, or there is room for a few octets more
    for (int i = 0; i < 100; ++i) write(line);
    const itimerval soon{{0, 0}, {0, 50'000}};
    ::setitimer(ITIMER_REAL, &soon, nullptr);
    write.finish({500ms, 1s});
  }
  BOOST_TEST((std::chrono::steady_clock::now() - begin).count() < std::chrono::nanoseconds(8s).count());
  over = true;
  reader.join();
  std::signal(SIGALRM, SIG_DFL);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::line_writer_test
