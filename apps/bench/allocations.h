#pragma once

#include <cstdint>

/// The number of calls of operator new so far, on all threads. Linking this function replaces operators new and delete
/// of the program by counting ones.
std::int64_t heap_allocations();
