"""HBM-PIM (Samsung): transactions, their controller, and the units that compute."""
