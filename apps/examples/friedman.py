#!/usr/bin/python3
"""Prints the table for regression.cpp: y = 10 sin(pi a b) + 20 (c - 0.5)^2 + 10 d + 5 e + N(0, 1), with a to f uniform
on [0, 1) (Friedman: "Multivariate adaptive regression splines", 1991, with one irrelevant column instead of five)."""
import math
import random

random.seed(1)
print("a,b,c,d,e,f,y")
for _ in range(1000):
    a, b, c, d, e, f = (round(random.random(), 4) for _ in range(6))
    y = 10 * math.sin(math.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e + random.gauss(0, 1)
    print(a, b, c, d, e, f, round(y, 3), sep=",")
