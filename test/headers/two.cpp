#include <ilnp/ilnp.hpp>

const ilnp::ErrorCategory* category_seen_by_two();
const ilnp::ErrorCategory* category_seen_by_two() { return &ilnp::error_category(); }
