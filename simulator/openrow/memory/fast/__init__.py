"""``fidelity: fast``: a time-stamp model of the memory, for where a few per cent of error buy speed.

:mod:`~openrow.memory.fast.system` says what it keeps and what it leaves out.
"""
