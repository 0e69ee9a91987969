"""What is computed: kernels as plain definitions, compiled numerics and compiled address streams."""
