#pragma once

/// Configuration files.

#include "config/config.hpp"
#include "config/ini.hpp"
