"""Docstrings of scientific libraries."""
