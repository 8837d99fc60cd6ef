#include "metrics_server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <map>
#include <memory>

#include "accept_header.hpp"
#include "command_line.hpp"

namespace program {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr const char* content_type(MetricsFormat format) {
  return format == MetricsFormat::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                              : "text/plain; version=0.0.4; charset=utf-8";
}

/// The metrics, made at most every `freshness`.
class Pages {
 public:
  explicit Pages(MetricsServer::Render render) : render_(std::move(render)) {}

  std::shared_ptr<const std::string> get(MetricsFormat format) {
    Page& page = pages_[format];
    const auto now = Clock::now();
    if (!page.text || now - page.made >= MetricsServer::freshness) {
      page.text = std::make_shared<const std::string>(render_(format));
      page.made = now;
    }
    return page.text;
  }

 private:
  struct Page {
    std::shared_ptr<const std::string> text;
    Clock::time_point made{};
  };
  MetricsServer::Render render_;
  std::map<MetricsFormat, Page> pages_;
};

using Request = http::request<http::empty_body>;
using Reply = http::response<http::string_body>;

Reply error_reply(http::status status, unsigned version, bool keep) {
  Reply reply(status, version);
  reply.set(http::field::content_type, "text/plain; charset=utf-8");
  reply.body() = std::string(http::obsolete_reason(status)) + "\n";
  reply.keep_alive(keep);
  return reply;
}

bool reads(const Request& request) {
  return request.method() == http::verb::get || request.method() == http::verb::head;
}

Reply answer(const Request& request, Pages& pages) {
  const std::string_view target(request.target().data(), request.target().size());
  const std::string_view path = target.substr(0, target.find('?'));
  const bool keep = request.keep_alive();
  const bool known = path == "/metrics" || path == "/";
  Reply reply;
  if (!known) {
    reply = error_reply(http::status::not_found, request.version(), keep);
  } else if (!reads(request)) {
    reply = error_reply(http::status::method_not_allowed, request.version(), keep);
    reply.set(http::field::allow, "GET, HEAD");
  } else {
    reply = Reply(http::status::ok, request.version());
    reply.keep_alive(keep);
    if (path == "/") {
      reply.set(http::field::content_type, "text/plain; charset=utf-8");
      reply.body() = "The metrics of an ILNP node are at /metrics.\n";
    } else {
      std::string accept;
      for (auto [at, end] = request.equal_range(http::field::accept); at != end; ++at)
        accept.append(accept.empty() ? "" : ",").append(at->value().data(), at->value().size());
      const MetricsFormat format =
          accepts_openmetrics(accept) ? MetricsFormat::openmetrics : MetricsFormat::prometheus;
      reply.set(http::field::content_type, content_type(format));
      reply.set(http::field::vary, "Accept");
      reply.body() = *pages.get(format);
    }
  }
  reply.prepare_payload();
  return reply;
}

/// What a request that Beast does not accept gets.
http::status status_of(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return http::status::request_header_fields_too_large;
  if (error == http::error::body_limit) return http::status::payload_too_large;
  return http::status::bad_request;
}
bool is_bad_request(const error_code& error) {
  return error.category() == make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

}  // namespace

/// Holds the socket, and all that its connections need.
class MetricsServer::Listener {
 public:
  virtual ~Listener() = default;
  virtual void close() = 0;
};

namespace {

template <class Protocol>
class ListenerOf : public MetricsServer::Listener, public std::enable_shared_from_this<ListenerOf<Protocol>> {
  using Stream = beast::basic_stream<Protocol, asio::any_io_executor>;

 public:
  ListenerOf(const asio::any_io_executor& executor, const typename Protocol::endpoint& endpoint,
             MetricsServer::Render render)
      : acceptor_(executor), pause_(executor), pages_(std::move(render)) {
    acceptor_.open(endpoint.protocol());
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>)
      acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
  }

  auto endpoint() const { return acceptor_.local_endpoint(); }

  void start() {
    asio::co_spawn(
        acceptor_.get_executor(), [self = this->shared_from_this()] { return self->accept(); },
        asio::detached);
  }
  void close() override {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (Stream* stream : streams_) stream->close();
  }

 private:
  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      error_code error;
      typename Stream::socket_type socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (!error) {
        // It ends at once; its coroutine notices that later.
        if (streams_.size() >= MetricsServer::max_connections) {
          streams_.front()->close();
          streams_.pop_front();
        }
        const auto stream = std::make_shared<Stream>(std::move(socket));
        streams_.push_back(stream.get());
        asio::co_spawn(
            acceptor_.get_executor(),
            [self = this->shared_from_this(), stream] { return self->serve(stream); }, asio::detached);
      } else if (acceptor_.is_open()) {  // no descriptor is left, for instance
        pause_.expires_after(std::chrono::milliseconds(100));
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      }
    }
  }

  asio::awaitable<void> serve(std::shared_ptr<Stream> stream) {
    struct Leave {
      std::list<Stream*>& all;
      Stream* its;
      ~Leave() { all.remove(its); }
    } const leave{streams_, stream.get()};
    beast::flat_buffer buffer(2 * MetricsServer::max_header);
    for (bool more = true; more && acceptor_.is_open();) {
      error_code error;
      http::request_parser<http::empty_body> parser;
      parser.header_limit(MetricsServer::max_header);
      parser.body_limit(0);
      stream->expires_after(MetricsServer::request_time);
      co_await http::async_read(*stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
      if (error && !is_bad_request(error)) break;
      const bool refused = error && !(error == http::error::body_limit && !reads(parser.get()));
      Reply reply = refused ? error_reply(status_of(error), 11, false) : answer(parser.get(), pages_);
      if (error) reply.keep_alive(false);
      if (refused) reply.prepare_payload();
      more = !reply.need_eof() && reply.keep_alive();
      const bool head = !error && parser.get().method() == http::verb::head;
      stream->expires_after(MetricsServer::reply_time);
      co_await write(*stream, reply, head, error);
      if (error) more = false;
    }
    error_code ignored;
    stream->socket().shutdown(asio::socket_base::shutdown_send, ignored);
  }

  static asio::awaitable<void> write(Stream& stream, Reply& reply, bool head, error_code& error) {
    http::response_serializer<http::string_body> serializer(reply);
    if (head) {
      co_await http::async_write_header(stream, serializer, asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await http::async_write(stream, serializer, asio::redirect_error(asio::use_awaitable, error));
    }
  }

  asio::basic_socket_acceptor<Protocol, asio::any_io_executor> acceptor_;
  asio::steady_timer pause_;
  Pages pages_;
  std::list<Stream*> streams_;  // the oldest one first
};

/// A UNIX socket, with the file that belongs to it.
class LocalListener : public MetricsServer::Listener {
  using Protocol = asio::local::stream_protocol;

 public:
  LocalListener(const asio::any_io_executor& executor, std::string path, MetricsServer::Render render)
      : path_(std::move(path)) {
    remove_stale(executor);
    const mode_t before = ::umask(0177);
    try {
      listener_ =
          std::make_shared<ListenerOf<Protocol>>(executor, Protocol::endpoint(path_), std::move(render));
    } catch (...) {
      ::umask(before);
      throw;
    }
    ::umask(before);
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0) file_ = {status.st_dev, status.st_ino};
    listener_->start();
  }
  void close() override {
    listener_->close();
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0 && file_ == std::pair(status.st_dev, status.st_ino))
      ::unlink(path_.c_str());
  }

 private:
  void remove_stale(const asio::any_io_executor& executor) const {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) != 0) return;
    if (!S_ISSOCK(status.st_mode))
      throw boost::system::system_error(EEXIST, boost::system::system_category());
    Protocol::socket probe(executor);
    error_code error;
    probe.open(Protocol());
    probe.non_blocking(true);  // the other program may be stopped
    probe.connect(Protocol::endpoint(path_), error);
    if (error == asio::error::connection_refused) ::unlink(path_.c_str());
  }

  std::string path_;
  std::pair<dev_t, ino_t> file_{};
  std::shared_ptr<ListenerOf<Protocol>> listener_;
};

asio::ip::tcp::endpoint parse_endpoint(const std::string& where) {
  const auto fail = [&] {
    return UsageError("--metrics \"" + where + "\": neither ADDRESS:PORT nor an absolute path");
  };
  const auto colon = where.rfind(':');
  if (colon == where.npos) throw fail();
  std::string address = where.substr(0, colon);
  const bool brackets = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (brackets) address = address.substr(1, address.size() - 2);
  error_code error;
  const auto parsed = asio::ip::make_address(address, error);
  if (error || parsed.is_v6() != brackets) throw fail();
  return {parsed, parse_port("--metrics", where.substr(colon + 1), 0)};
}

}  // namespace

MetricsServer::MetricsServer(const asio::any_io_executor& executor, const std::string& where, Render render) {
  try {
    if (where.starts_with('/')) {
      where_ = where;
      listener_ = std::make_shared<LocalListener>(executor, where, std::move(render));
      return;
    }
    const auto endpoint = parse_endpoint(where);
    const auto tcp = std::make_shared<ListenerOf<asio::ip::tcp>>(executor, endpoint, std::move(render));
    tcp->start();
    listener_ = tcp;
    exposed_ = !endpoint.address().is_loopback();
    const std::string address = endpoint.address().to_string();
    where_ = "http://" + (endpoint.address().is_v6() ? '[' + address + ']' : address) + ':' +
             std::to_string(tcp->endpoint().port()) + "/metrics";
  } catch (const boost::system::system_error& error) {
    throw boost::system::system_error(error.code(), "--metrics " + where);
  }
}

MetricsServer::~MetricsServer() { listener_->close(); }

}  // namespace program
