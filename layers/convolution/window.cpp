#include <gradus/layers/convolution/window.h>

#include <gradus/core/check.h>
#include <gradus/core/printable.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr Index max_padding = 1'000'000;

/// The number that the text is, if it is a padding.
std::optional<Index> number_in(std::string_view text) {
  Index number = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || last != end || number < 0 || number > max_padding) return std::nullopt;
  return number;
}

}  // namespace

void check_padding(std::string_view context, std::string_view padding) {
  check(padding == "valid" || padding == "same" || number_in(padding),
        "[{}] expected padding \"valid\", \"same\" or a number of positions on either side such as \"1\", got \"{}\"",
        context, printable(padding));
}

void check_size(std::string_view context, std::string_view option, Size2D size) {
  check(size.height >= 1 && size.width >= 1, "[{}] expected {} of at least 1 x 1, got {} x {}", context, option,
        size.height, size.width);
}

Window place_windows(std::string_view context, std::string_view axis, Window w, std::string_view padding) {
  if (padding == "same") {
    w.output = (w.input + w.stride - 1) / w.stride;
    w.before = w.output == 0 ? 0 : std::max<Index>(w.covered() - w.input, 0) / 2;
  } else {
    w.before = padding == "valid" ? 0 : number_in(padding).value_or(0);
    const Index room = w.input + 2 * w.before - w.extent();
    w.output = room < 0 ? room + 1 : room / w.stride + 1;
  }
  check<ShapeError>(w.output >= 1,
                    "[{}] expected an input that a window fits into, got {} {} with padding {}, window {} and dilation "
                    "{}: ({} + 2 x {} - {}) / {} + 1, the output would be {}; set padding \"same\" or a smaller window",
                    context, axis, w.input, w.before, w.size, w.dilation, w.input, w.before, w.extent(), w.stride,
                    w.output);
  return w;
}

}  // namespace gradus::inline GRADUS_PRECISION
