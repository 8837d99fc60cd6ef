#include <ilnp/asio.hpp>
#include <ilnp/config.hpp>
#include <ilnp/gateway.hpp>
#include <ilnp/ilnp.hpp>
#include <ilnp/middleware.hpp>
#include <ilnp/sim.hpp>

const ilnp::ErrorCategory* category_seen_by_two();
const ilnp::ErrorCategory* category_seen_by_two() { return &ilnp::error_category(); }
