#pragma once

#include <functional>
#include <string>

/// What `call` prints on standard output.
std::string captured_output(const std::function<void()>& call);
