#pragma once

// What the programs include is compiled once, for all of them.
#include <boost/asio.hpp>
#include <boost/program_options.hpp>
#include <ilnp/asio.hpp>
#include <ilnp/config.hpp>
#include <ilnp/gateway.hpp>
#include <ilnp/ilnp.hpp>
#include <iostream>
#include <string>
