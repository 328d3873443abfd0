#pragma once

/// The floating-point operations per second of fused multiply-adds in registers, by all threads: those of a product
/// without its memory. Of several runs the fastest.
double peak_rate();
