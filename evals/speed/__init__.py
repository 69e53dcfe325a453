"""How fast Sanad is beside stock LlamaIndex and beside its parts alone, and what grows with the library."""
