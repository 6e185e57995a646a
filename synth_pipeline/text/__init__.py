"""Texts as numbers: what checks and deduplication share.  Pure, and blind to where a text comes from."""
