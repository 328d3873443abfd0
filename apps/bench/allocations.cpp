// Replaces the global allocation functions with counting ones.
#include "allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

namespace {

std::atomic<std::int64_t> count{0};
thread_local std::int64_t left = -1;  // allocations before the one that fails

bool fails() { return left >= 0 && left-- == 0; }

void* counted(void* memory) {
  count.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void* counted_or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return counted(memory);
}

void* unaligned(std::size_t bytes) { return fails() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes); }

void* aligned(std::size_t bytes, std::align_val_t alignment) {
  if (fails()) return nullptr;
  const auto step = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(step, (bytes + step - 1) / step * step);
}

}  // namespace

std::int64_t heap_allocations() { return count.load(); }

void fail_allocation_after(std::int64_t successes) { left = successes; }

bool allocation_failed() { return std::exchange(left, -1) == -1; }

// The array forms call these.
void* operator new(std::size_t bytes) { return counted_or_throw(unaligned(bytes)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return counted(unaligned(bytes)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted_or_throw(aligned(bytes, alignment));
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return counted(aligned(bytes, alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
