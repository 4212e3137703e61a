"""The benchmark: varve and its peers doing the same things in turn. Started by scripts/bench."""
