#include <gradus/autograd/parameter.h>

#include <atomic>

namespace gradus::inline GRADUS_PRECISION {

namespace {
std::atomic<std::uint64_t> named_tensors{0};
}  // namespace

NamedTensor::NamedTensor(std::string name, Tensor value)
    : name_(std::move(name)), value_(std::move(value)), id_(++named_tensors) {}

}  // namespace gradus::inline GRADUS_PRECISION
