"""Planted faults that measure our own audit."""
