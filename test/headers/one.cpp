#include <ilnp/asio.hpp>
#include <ilnp/config.hpp>
#include <ilnp/gateway.hpp>
#include <ilnp/ilnp.hpp>
#include <ilnp/middleware.hpp>
#include <ilnp/sim.hpp>

const ilnp::ErrorCategory* category_seen_by_two();

// What is inline is one thing in the whole program.
int main() { return category_seen_by_two() == &ilnp::error_category() ? 0 : 1; }
