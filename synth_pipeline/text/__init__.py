"""Text as checks, deduplication and generators look at it: words, runs of them, points, matches and edits.  Pure."""
