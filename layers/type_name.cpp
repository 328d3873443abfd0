#include <gradus/layers/layer.h>

#include <cxxabi.h>

#include <cctype>
#include <cstdlib>
#include <typeinfo>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The name of a class without namespaces, and without the function of a local class, also within brackets.
std::string unqualified(std::string_view full) {
  std::string result;
  std::vector<std::size_t> begins{0};  // of the names that are open: one, and one for each bracket
  for (std::size_t i = 0; i < full.size(); ++i) {
    if (full.substr(i, 2) == "::") {
      result.resize(begins.back());
      ++i;
      continue;
    }
    result += full[i];
    const char c = full[i];
    if (c == '<' || c == '(' || c == '{') begins.push_back(result.size());
    if ((c == '>' || c == ')' || c == '}') && begins.size() > 1) begins.pop_back();
    if (result.ends_with(", ")) begins.back() = result.size();
  }
  return result;
}

}  // namespace

std::string Layer::type() const {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(
      abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status), std::free);
  const std::string full = status == 0 ? demangled.get() : typeid(*this).name();
  return unqualified(full);
}

std::string snake_case(std::string_view camel_case) {
  const auto is = [&](int (*kind)(int), std::size_t i) { return kind(static_cast<unsigned char>(camel_case[i])) != 0; };
  const auto upper = [&](std::size_t i) { return is(std::isupper, i); };
  const auto within_word = [&](std::size_t i) { return i == 0 || upper(i - 1) || is(std::isdigit, i - 1); };
  std::string result;
  bool starts_word = false;
  for (std::size_t i = 0; i < camel_case.size(); ++i) {
    const bool letter = is(std::isalnum, i) || camel_case[i] == '_';
    const bool ends_abbreviation = i > 0 && i + 1 < camel_case.size() && is(std::islower, i + 1);
    starts_word |= !letter || (upper(i) && (!within_word(i) || ends_abbreviation));
    if (!letter) continue;
    if (starts_word && !result.empty() && result.back() != '_') result += '_';
    starts_word = false;
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(camel_case[i])));
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
