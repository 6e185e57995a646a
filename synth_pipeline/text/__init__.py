"""Text as checks, deduplication and generators look at it: tokens, runs of them, alignments, embeddings.  Pure."""
