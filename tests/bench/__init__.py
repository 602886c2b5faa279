"""Measurements, each a ratio in one run beside a named baseline; run by `make bench`, never a gate."""
