// Writes and checks configuration files.

#include <fcntl.h>
#include <sys/stat.h>

#include <ilnp/posix/socket.hpp>
#include <iomanip>

#include "new_config.hpp"
#include "run.hpp"

namespace {

using program::Choice;
using program::UsageError;

/// A file descriptor that is closed at the end.
using File = ilnp::OwnedSocket;

[[noreturn]] void fail(const std::string& path, int error = errno) {
  throw boost::system::system_error(error, boost::system::system_category(), path);
}

void write_all(const File& file, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.native_handle(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.native_handle()) != 0) fail(path);
}

/// Writes `text` to a new file, or with `replace` in the place of an old one: all of it, or nothing.
void write_file(const std::string& path, const std::string& text, bool replace) {
  struct stat status {};
  const bool exists = ::lstat(path.c_str(), &status) == 0;
  if (exists && !replace) throw std::runtime_error(path + " exists; --force replaces it");
  if (exists && !S_ISREG(status.st_mode))
    throw std::runtime_error(path + ": not a regular file; it is not replaced");
  const std::string written = exists ? path + ".new-" + std::to_string(::getpid()) : path;
  const mode_t mode = exists ? status.st_mode & 0777 : 0666;
  const File file(::open(written.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (file.native_handle() < 0) fail(written);
  try {
    write_all(file, written, text);
    if (exists && ::rename(written.c_str(), path.c_str()) != 0) fail(path);
  } catch (...) {
    ::unlink(written.c_str());
    throw;
  }
}

/// The value of an option; none if it was not given. A line of a configuration file must be able to hold it.
std::optional<Choice> given(const program::CommandLine& line, const char* option) {
  if (!line.has(option)) return std::nullopt;
  const std::string value = line.value(option);
  const auto bad = [](char each) { return static_cast<unsigned char>(each) < ' ' || each == '\x7f'; };
  if (value.empty() || std::any_of(value.begin(), value.end(), bad))
    throw UsageError("--" + std::string(option) + ": empty, or with control characters");
  return Choice{value, std::string("--") + option};
}

Choice read_interface(const Choice& given) {
  constexpr std::string_view reserved = " /:%";
  if (given.value.size() >= IFNAMSIZ || given.value.find_first_of(reserved) != std::string::npos)
    throw UsageError("--interface \"" + given.value + "\": no network interface can have this name");
  if (::if_nametoindex(given.value.c_str()) == 0)
    return {given.value, given.reason + "; there is no such interface now"};
  return given;
}

Choice read_nid(const Choice& given) {
  const auto nid = ilnp::Nid::parse(given.value);
  if (!nid)
    throw UsageError("--nid \"" + given.value +
                     "\": not an identifier (four groups of up to four hex digits, such as ffff:0:0:a)");
  return {to_string(*nid), given.reason};
}

int create(int argc, char** argv) {
  program::CommandLine line(
      "ilnp-config new [OPTIONS]",
      "Writes a configuration for this machine without asking anything: it finds the network interface and\n"
      "the name of the machine, and draws a random identifier. Options override what it finds.");
  const auto text = [] { return program::options::value<std::string>(); };
  line.add_options()  //
      ("output,o", text()->default_value("ilnp.ini")->value_name("FILE"),
       "where to write; - is standard output")  //
      ("force,f", "replace FILE if it exists")  //
      ("interface", text()->value_name("NAME"),
       "network interface (default: that of the default route, or the first that is up)")  //
      ("name", text()->value_name("NAME"),
       "what other nodes call this one (default: the name of this machine)")  //
      ("nid", text()->value_name("NID"), "identifier, such as ffff:0:0:a (default: random)")(
          "locators", text()->default_value("0:0:0:a")->value_name("LOCATORS"),
          "the networks to join: 0:0:0:a,0:0:0:b for two at once, 0:0:0:a-0:0:0:b to move between them")  //
      ("port", text()->default_value("10000")->value_name("PORT"),
       "UDP port of the overlay, the same on all nodes")  //
      ("user-id", text()->default_value("0")->value_name("N"),
       "number of the overlay, the same on all nodes");
  if (!line.parse(argc, argv)) return 0;

  const std::string path = line.value("output");
  if (path.empty()) throw UsageError("--output: empty");
  program::NewConfig config;
  const auto interface = given(line, "interface");
  const auto name = given(line, "name");
  const auto nid = given(line, "nid");
  config.interface =
      interface ? read_interface(*interface) : program::choose_interface(program::find_interfaces());
  config.name = name ? *name : program::find_name();
  config.nid = nid ? read_nid(*nid) : program::make_nid();
  config.locators = *given(line, "locators");
  config.port = {std::to_string(program::parse_port("--port", line.value("port"))), ""};
  config.user_id = {std::to_string(program::number(line, "user-id", 0, 0, 65535)), ""};

  // What the programs would read: a name such as "a # b" cannot be written.
  const std::string content = config.text(path == "-" ? "FILE" : path);
  const ilnp::Config written = ilnp::parse_config(content, "the new configuration");
  if (written.network.host_name != config.name.value)
    throw UsageError("--name \"" + config.name.value + "\": cannot be written to a configuration file");

  if (path == "-") {
    std::cout << content << std::flush;
  } else {
    write_file(path, content, line.has("force"));
  }
  std::ostream& report = path == "-" ? std::cerr : std::cout;
  if (path != "-") report << "Written to " << path << ":\n";
  const auto show = [&](const char* what, const Choice& choice) {
    report << "  " << std::left << std::setw(10) << what << ilnp::printable(choice.value) << " ("
           << choice.reason << ")\n";
  };
  show("interface", config.interface);
  show("name", config.name);
  show("nid", config.nid);
  report << "  locators  " << config.locators.value << std::endl;
  return 0;
}

int check(int argc, char** argv) {
  program::CommandLine line("ilnp-config check CONFIG",
                            "Reads a configuration as the programs do, and reports all mistakes in it. The "
                            "exit status is 0 only if\nthere are none.");
  line.argument("CONFIG");
  if (!line.parse(argc, argv)) return 0;
  const std::string path = line["CONFIG"];
  const ilnp::Config config = ilnp::load_config(path, {0, ilnp::Nid(1)});
  for (const auto& warning : config.warnings) std::cerr << "ilnp-config: warning: " << warning << '\n';
  std::cout << path << ": no mistakes" << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-config", [&] {
    return program::run_subcommand(argc, argv, {{{"new", create}, {"check", check}}},
                                   "ilnp-config new|check [OPTIONS]",
                                   "Writes and checks configuration files.\n"
                                   "  new    write one for this machine\n"
                                   "  check  report the mistakes in one\n"
                                   "Each takes --help.");
  });
}
