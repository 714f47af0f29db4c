"""What a rule is, all rules over a graph, and the catalogue that explains them."""
