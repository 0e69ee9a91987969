"""Compute units beside the banks: each reads its own bank, in the same timing and refresh as everything else.

:mod:`~openrow.memory.units.unit_array` holds the public class; ``events_compiled`` says what one unit does
next, ``play_compiled`` holds the loop of a channel that has units.
"""
