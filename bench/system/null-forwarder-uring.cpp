// The null forwarder by io_uring: receives by one request that stays (recvmsg multishot) into a ring of buffers, and sends
// by requests that are handed over together. An experiment (docs/performance.md): is there something to gain? Built where
// liburing is.
//
//   null-forwarder-uring INTERFACE PORT GROUP GROUP LOOP        (LOOP: 1 or 0)

#include <liburing.h>
#include <sys/mman.h>

#include <iostream>
#include <utility>

#include "forwarder.hpp"

namespace {

constexpr unsigned buffers = 64;  // a power of two
constexpr std::size_t room = 65536 + 512;
constexpr std::size_t name_room = sizeof(sockaddr_in6), control_room = 128;
constexpr std::uint64_t sent = 1000;  // as user data; else the socket

/// Answers of the kernel to a call of the library: minus the error.
int check(int result, const char* what) {
  if (result < 0) {
    errno = -result;
    bench::die(what);
  }
  return result;
}

struct Ring {
  Ring() {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    check(io_uring_queue_init_params(1024, &ring, &params), "io_uring_setup");
    octets = static_cast<std::byte*>(
        ::mmap(nullptr, buffers * room, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0));
    given = static_cast<io_uring_buf_ring*>(::mmap(
        nullptr, buffers * sizeof(io_uring_buf), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0));
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(given);
    registration.ring_entries = buffers;
    check(io_uring_register_buf_ring(&ring, &registration, 0), "ring of buffers");
    io_uring_buf_ring_init(given);
    for (unsigned i = 0; i < buffers; ++i) give_back(i);
    request.msg_namelen = name_room;
    request.msg_controllen = control_room;
  }
  void give_back(unsigned number) {
    io_uring_buf_ring_add(given, octets + number * room, room, static_cast<unsigned short>(number),
                          io_uring_buf_ring_mask(buffers), 0);
    io_uring_buf_ring_advance(given, 1);
  }
  void receive(int socket) {
    io_uring_sqe* entry = io_uring_get_sqe(&ring);
    io_uring_prep_recvmsg_multishot(entry, socket, &request, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = 0;
    io_uring_sqe_set_data64(entry, static_cast<std::uint64_t>(socket));
  }
  void send(int socket, const msghdr& message) {
    io_uring_sqe* entry = io_uring_get_sqe(&ring);
    io_uring_prep_sendmsg(entry, socket, &message, 0);
    io_uring_sqe_set_data64(entry, sent);
  }

  io_uring ring;
  io_uring_buf_ring* given;
  std::byte* octets;
  msghdr request{};  // says how much room there is for name and control
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const bench::Forwarder node(argv);
  static Ring ring;
  for (const int socket : {node.control, node.data}) ring.receive(socket);

  bench::Outgoing out;
  std::vector<unsigned> waiting, leaving;  // buffers that have come, and that are being sent
  std::vector<std::uint32_t> sizes(buffers);
  unsigned pending = 0;
  std::cout << "ready" << std::endl;
  for (;;) {
    const int submitted = io_uring_submit_and_wait(&ring.ring, 1);
    if (submitted < 0 && submitted != -EINTR) check(submitted, "io_uring_enter");
    unsigned head, seen = 0;
    io_uring_cqe* done;
    io_uring_for_each_cqe(&ring.ring, head, done) {
      ++seen;
      if (done->user_data == sent) {
        --pending;
        continue;
      }
      if (done->flags & IORING_CQE_F_BUFFER) {
        const unsigned number = done->flags >> IORING_CQE_BUFFER_SHIFT;
        if (done->res > 0) {
          sizes[number] = static_cast<std::uint32_t>(done->res);
          waiting.push_back(number);
        } else {
          ring.give_back(number);
        }
      }
      if (!(done->flags & IORING_CQE_F_MORE)) ring.receive(static_cast<int>(done->user_data));
    }
    io_uring_cq_advance(&ring.ring, seen);
    if (pending != 0) continue;
    for (const unsigned number : leaving) ring.give_back(number);
    leaving.clear();
    out.clear();
    for (const unsigned number : waiting) {
      std::byte* const at = ring.octets + number * room;
      io_uring_recvmsg_out* const got =
          io_uring_recvmsg_validate(at, static_cast<int>(sizes[number]), &ring.request);
      leaving.push_back(number);
      if (got == nullptr) continue;
      msghdr header{};
      header.msg_control = at + sizeof *got + name_room;
      header.msg_controllen = got->controllen;
      const bench::Train train = bench::train_of(
          static_cast<std::byte*>(io_uring_recvmsg_payload(got, &ring.request)),
          io_uring_recvmsg_payload_length(got, static_cast<int>(sizes[number]), &ring.request), header);
      node.forward(train, out);
    }
    waiting.clear();
    for (const mmsghdr& message : out.messages()) ring.send(node.sender, message.msg_hdr), ++pending;
    if (pending == 0)
      for (const unsigned number : std::exchange(leaving, {})) ring.give_back(number);
  }
}
