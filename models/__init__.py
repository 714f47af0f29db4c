"""Reference models: definitions, weightless graphs, published figures."""
