"""The three real parts.  Each is a type of its own in a module of its own, so that an import contract can tell them apart."""
