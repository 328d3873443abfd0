#include <gradus/gradus.h>

int main() { return gradus::default_generator().below(1) == 0 ? 0 : 1; }
