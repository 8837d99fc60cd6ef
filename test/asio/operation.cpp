#include "ilnp/asio/operation.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <memory_resource>

#include "pair.hpp"

namespace ilnp::test::operation_test {

namespace asio = boost::asio;
using asio::cancellation_type;

/// Waits until it is cancelled; its result is how many steps it has taken.
struct Wait : OperationSteps {
  explicit Wait(asio::steady_timer& event) : timer(&event) {}
  template <class Self>
  void operator()(Self& self, error_code = {}) {
    ++steps;
    if (begin(self)) return again(self);
    if (cancelled(self)) return self.complete(asio::error::operation_aborted, steps);
    return timer->async_wait(std::move(self));
  }
  asio::steady_timer* timer;
  int steps = 0;
};

struct Fixture {
  asio::io_context io;
  asio::steady_timer timer{io, asio::steady_timer::time_point::max()};
  error_code error;
  int steps = 0;

  template <class Token>
  auto begin(Token&& token) {
    return async_operation<void(error_code, int)>(io.get_executor(), Wait(timer), std::forward<Token>(token));
  }
  auto keep() {
    return [this](error_code how, int taken) {
      error = how;
      steps = taken;
    };
  }
};

BOOST_FIXTURE_TEST_CASE(each_type_of_cancellation_counts_at_each_step, Fixture) {
  for (const auto type : {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total})
    for (const bool at_once : {true, false}) {
      asio::cancellation_signal signal;
      error = {};
      begin(asio::bind_cancellation_slot(signal.slot(), keep()));
      if (!at_once) settle(io);
      signal.emit(type);
      BOOST_TEST(!error);  // not within the call
      settle(io);
      BOOST_TEST(error == asio::error::operation_aborted);
      BOOST_TEST(steps == (at_once ? 2 : 3));
    }
}

BOOST_FIXTURE_TEST_CASE(the_steps_are_taken_on_the_nodes_executor_and_the_handler_is_called_on_its_own,
                        Fixture) {
  asio::io_context other;
  asio::cancellation_signal signal;
  begin(asio::bind_executor(other, asio::bind_cancellation_slot(signal.slot(), keep())));
  settle(io);
  signal.emit(cancellation_type::total);
  settle(io);  // all steps
  BOOST_TEST(steps == 0);
  BOOST_TEST(other.run_for(std::chrono::seconds(10)) == 1u);  // it had work all the time
  BOOST_TEST(steps == 3);
}

BOOST_FIXTURE_TEST_CASE(the_handlers_allocator_is_used, Fixture) {
  struct Counting : std::pmr::memory_resource {
    int calls = 0;
    void* do_allocate(std::size_t size, std::size_t alignment) override {
      ++calls;
      return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void* at, std::size_t size, std::size_t alignment) override {
      std::pmr::new_delete_resource()->deallocate(at, size, alignment);
    }
    bool do_is_equal(const memory_resource& with) const noexcept override { return this == &with; }
  } memory;
  asio::cancellation_signal signal;
  begin(asio::bind_allocator(std::pmr::polymorphic_allocator<char>(&memory),
                             asio::bind_cancellation_slot(signal.slot(), keep())));
  settle(io);
  signal.emit(cancellation_type::total);
  settle(io);
  BOOST_TEST(steps == 3);
  BOOST_TEST(memory.calls >= 1);
}

BOOST_FIXTURE_TEST_CASE(what_is_deferred_begins_later, Fixture) {
  auto operation = begin(asio::deferred);
  static_assert(asio::is_deferred<decltype(operation)>::value);
  settle(io);
  asio::cancellation_signal signal;
  std::move(operation)(asio::bind_cancellation_slot(signal.slot(), keep()));
  signal.emit(cancellation_type::total);
  settle(io);
  BOOST_TEST(steps == 2);
}

BOOST_FIXTURE_TEST_CASE(what_is_never_completed_goes_with_its_context, Fixture) {
  const auto held = std::make_shared<int>();
  {
    asio::io_context passing;
    asio::steady_timer event(passing, asio::steady_timer::time_point::max());
    async_operation<void(error_code, int)>(passing.get_executor(), Wait(event), [held](error_code, int) {});
    settle(passing);
    BOOST_TEST(held.use_count() == 2);
  }
  BOOST_TEST(held.use_count() == 1);
}

}  // namespace ilnp::test::operation_test
