"""What a rule is, all rules over a graph, and the book that explains them."""
