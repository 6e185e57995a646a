"""The three real parts: each a type of its own in a module of its own, so that an import contract tells them apart."""
