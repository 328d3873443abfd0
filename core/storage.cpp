#include <gradus/core/storage.h>

#include <sys/mman.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <mutex>
#include <new>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t min_block = 128;
constexpr std::size_t steps_per_octave = 4;  // a block wastes at most a quarter
constexpr std::size_t size_classes = 40 * steps_per_octave;

// Large blocks use pages of 2 MB if the system has them: matrix products read many rows far apart, and with pages of 4
// KB they spend a good part of their time on address translation.
constexpr std::size_t huge_page = std::size_t{1} << 21;

constexpr std::size_t alignment_of(std::size_t bytes) { return bytes >= huge_page ? huge_page : alignment; }

struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

/// Rounds up to 1, 1.25, 1.5 or 1.75 times a power of two.
SizeClass size_class(std::size_t bytes) {
  bytes = std::max(bytes, min_block);
  const auto octave = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;
  const std::size_t step = (std::size_t{1} << octave) / steps_per_octave;
  const std::size_t steps = (bytes - 1) / step + 1;
  return {(octave - 6) * steps_per_octave + steps - steps_per_octave, steps * step};
}

/// Free blocks by size class, in intrusive lists.
class Pool {
 public:
  /// Null if the system has no memory left.
  void* take(std::size_t bytes) {
    const SizeClass wanted = size_class(bytes);
    const std::scoped_lock lock(mutex_);
    ++statistics_.requests;
    Block* const block = free_[wanted.index];
    if (block != nullptr) {
      free_[wanted.index] = block->next;
      return block;
    }
    void* memory = ::operator new (wanted.bytes, std::align_val_t{alignment_of(wanted.bytes)}, std::nothrow);
    if (memory == nullptr) return nullptr;
    ++statistics_.allocations;
    if (wanted.bytes >= huge_page) madvise(memory, wanted.bytes, MADV_HUGEPAGE);  // a hint, which may fail
    statistics_.bytes_held += static_cast<std::int64_t>(wanted.bytes);
    return memory;
  }

  void give_back(void* memory, std::size_t bytes) {
    const SizeClass returned = size_class(bytes);
    const std::scoped_lock lock(mutex_);
#ifdef __SANITIZE_ADDRESS__
    // Not kept, so that the sanitizer detects every use after free.
    statistics_.bytes_held -= static_cast<std::int64_t>(returned.bytes);
    ::operator delete (memory, std::align_val_t{alignment_of(returned.bytes)});
#else
    free_[returned.index] = new (memory) Block{free_[returned.index], returned.bytes};
#endif
  }

  void release_idle() {
    const std::scoped_lock lock(mutex_);
    for (Block*& head : free_) {
      while (head != nullptr) {
        Block* block = std::exchange(head, head->next);
        statistics_.bytes_held -= static_cast<std::int64_t>(block->bytes);
        ::operator delete (block, std::align_val_t{alignment_of(block->bytes)});
      }
    }
  }

  PoolStatistics statistics() {
    const std::scoped_lock lock(mutex_);
    return statistics_;
  }

 private:
  struct Block {
    Block* next;
    std::size_t bytes;
  };
  std::array<Block*, size_classes> free_{};
  PoolStatistics statistics_;
  std::mutex mutex_;
};

/// Never destroyed, because tensors in static variables may be destroyed later.
Pool& pool() {
  static Pool& instance = *new Pool;
  return instance;
}

thread_local StorageLimit* current_limit = nullptr;

/// Bytes that all tensors together can have: memory that is only promised would end the program when it is written.
std::int64_t machine_bytes() {
  struct sysinfo info {};
  if (sysinfo(&info) != 0) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>((info.totalram + info.totalswap) * info.mem_unit);
}

void check_bytes(std::int64_t bytes, std::int64_t limit, const Shape& shape, std::string_view whose) {
  if (bytes <= limit) return;  // before numbers are made texts
  check<ShapeError>(false, "[tensor] expected at most {} bytes, {}, got shape {} with {} bytes",
                    with_separators(std::max<std::int64_t>(limit, 0)), whose, shape, with_separators(bytes));
}

/// Places the control block of a shared_ptr in the first 64 bytes of the block that it owns: one request per tensor
/// instead of two.
template <class T>
struct BlockAllocator {
  using value_type = T;

  BlockAllocator(void* memory, std::size_t size) : block(memory), bytes(size) {}
  template <class U>
  BlockAllocator(const BlockAllocator<U>& other) : block(other.block), bytes(other.bytes) {}

  T* allocate(std::size_t) {
    static_assert(sizeof(T) <= alignment);
    return static_cast<T*>(block);
  }
  void deallocate(T*, std::size_t) {
    if (current_limit != nullptr) current_limit->at_once += static_cast<std::int64_t>(bytes);
    pool().give_back(block, bytes);
  }

  void* block;
  std::size_t bytes;
};

}  // namespace

std::shared_ptr<Real[]> allocate_storage(const Shape& shape) {
  static const std::int64_t machine = machine_bytes();
  const std::size_t bytes = alignment + static_cast<std::size_t>(shape.size()) * sizeof(Real);
  const auto wanted = static_cast<std::int64_t>(bytes);
  check_bytes(wanted, machine, shape, "the memory of this machine");
  if (current_limit != nullptr) {
    check_bytes(wanted, std::min(current_limit->at_once, current_limit->in_all), shape, current_limit->origin);
    current_limit->at_once -= wanted;
    current_limit->in_all -= wanted;
  }
  void* block = pool().take(bytes);
  if (block == nullptr) {
    pool().release_idle();
    block = pool().take(bytes);
  }
  if (block == nullptr) check_bytes(wanted, 0, shape, "as the system has no more memory");
  auto* data = reinterpret_cast<Real*>(static_cast<std::byte*>(block) + alignment);
  return {data, [](Real*) {}, BlockAllocator<Real>(block, bytes)};
}

void with_storage_limit(StorageLimit limit, const std::function<void()>& body) {
  struct Restore {
    ~Restore() { current_limit = before; }
    StorageLimit* before;
  };
  const Restore restore{std::exchange(current_limit, &limit)};
  body();
}

PoolStatistics pool_statistics() { return pool().statistics(); }

void release_idle_memory() { pool().release_idle(); }

}  // namespace gradus::inline GRADUS_PRECISION
