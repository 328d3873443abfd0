#include <gradus/layers/initializers.h>

#include <gradus/core/names.h>

#include <charconv>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

enum class Distribution { constant, uniform, normal, truncated };

struct Initializer {
  std::string_view name;
  Distribution distribution;
  /// The constant, the half width or the standard deviation, by the fans and the number in brackets.
  double (*scale)(Fans fans, double argument);
  bool has_argument = false;
};

double mean_fan(Fans f) { return 0.5 * static_cast<double>(f.in + f.out); }
double fan_in(Fans f) { return static_cast<double>(f.in); }
double half_width(double variance) { return std::sqrt(3 * variance); }
/// Standard deviation of a normal that has this variance once it is cut off at two of them.
double before_cut(double variance) { return std::sqrt(variance) / 0.87962566103423978; }
double as_given(Fans, double argument) { return argument; }

constexpr Initializer initializers[] = {
    {"zeros", Distribution::constant, [](Fans, double) { return 0.0; }},
    {"ones", Distribution::constant, [](Fans, double) { return 1.0; }},
    {"glorot_uniform", Distribution::uniform, [](Fans f, double) { return half_width(1 / mean_fan(f)); }},
    {"glorot_normal", Distribution::truncated, [](Fans f, double) { return before_cut(1 / mean_fan(f)); }},
    {"he_uniform", Distribution::uniform, [](Fans f, double) { return half_width(2 / fan_in(f)); }},
    {"he_normal", Distribution::truncated, [](Fans f, double) { return before_cut(2 / fan_in(f)); }},
    {"lecun_uniform", Distribution::uniform, [](Fans f, double) { return half_width(1 / fan_in(f)); }},
    {"lecun_normal", Distribution::truncated, [](Fans f, double) { return before_cut(1 / fan_in(f)); }},
    {"random_uniform", Distribution::uniform, as_given, true},
    {"random_normal", Distribution::normal, as_given, true},
    {"truncated_normal", Distribution::truncated, as_given, true},
    {"torch_uniform", Distribution::uniform, [](Fans f, double) { return 1 / std::sqrt(fan_in(f)); }},
};

struct Parsed {
  const Initializer* initializer;
  double argument;
};

Parsed parse(std::string_view context, std::string_view text) {
  const std::size_t bracket = text.find('(');
  const Initializer& initializer =
      *find_name(context, "initializer", text.substr(0, bracket), initializers, &Initializer::name);
  double argument = 0.05;
  if (bracket != std::string_view::npos) {
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + bracket + 1, last, argument);
    check(initializer.has_argument && error == std::errc{} && end + 1 == last && *end == ')' && argument >= 0 &&
              std::isfinite(argument),
          "[{}] expected an initializer like random_normal(0.05), got '{}'", context, text);
  }
  return {&initializer, argument};
}

}  // namespace

void check_initializer(std::string_view context, std::string_view initializer) { parse(context, initializer); }

Tensor initial_values(std::string_view context, std::string_view name, const Shape& shape, Fans fans,
                      Generator& generator) {
  const auto [initializer, argument] = parse(context, name);
  const double scale = initializer->scale(fans, argument);
  if (initializer->distribution == Distribution::uniform) return Tensor::uniform(shape, -scale, scale, generator);
  if (initializer->distribution == Distribution::normal) return Tensor::normal(shape, 0, scale, generator);
  Tensor values = Tensor::full(shape, static_cast<Real>(scale));
  if (initializer->distribution == Distribution::constant) return values;
  for (Real& value : values.values()) value = static_cast<Real>(scale * generator.truncated_normal());
  return values;
}

}  // namespace gradus::inline GRADUS_PRECISION
