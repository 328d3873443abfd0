#pragma once

#include <cstdint>

/// How often operator new was called so far, on any thread. A program that calls this gets its operators new and delete
/// replaced by counting ones.
std::int64_t heap_allocations();
