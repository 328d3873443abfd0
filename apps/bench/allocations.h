#pragma once

#include <cstdint>

/// The number of calls of operator new so far, on all threads. Linking this function replaces operators new and delete
/// of the program by counting ones.
std::int64_t heap_allocations();

/// Lets an allocation of this thread fail once: the first one after so many.
void fail_allocation_after(std::int64_t successes);

/// Whether it has failed. Otherwise, it will not fail any more.
bool allocation_failed();
