"""What checks and deduplication share about text: words, runs of words, and vectors.  Pure."""
