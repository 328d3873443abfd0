#pragma once

#include <cstdint>

/// How often this program asked the heap for memory through operator new since it started.
std::int64_t heap_allocations();
