#pragma once

#include <functional>
#include <string>

/// The standard output of `call`.
std::string captured_output(const std::function<void()>& call);
