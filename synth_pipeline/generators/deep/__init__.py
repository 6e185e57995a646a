"""What the generators on neural networks share: how they see a table, how they are trained, how they are kept."""
