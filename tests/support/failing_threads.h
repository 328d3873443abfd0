#pragma once

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <limits>

// Replaces pthread_create of the program, for one of its files: threads fail to start on demand.

/// Calls are numbered from 0; those from `first` to before `end` fail, as if there were too many threads.
inline struct {
  std::atomic<int> calls = 0;
  std::atomic<int> first = std::numeric_limits<int>::max();
  std::atomic<int> end = std::numeric_limits<int>::max();
} thread_starts;

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) {
  using Function = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pthread_create"));
  const int call = thread_starts.calls++;
  const bool fails = thread_starts.first <= call && call < thread_starts.end;
  return fails ? EAGAIN : create(thread, attributes, start, argument);
}
