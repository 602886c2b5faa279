"""Clients of the outside services: pure builders and parsers, then a thin sender each."""
