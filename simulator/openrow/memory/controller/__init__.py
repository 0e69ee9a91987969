"""The exact controller, compiled: in every cycle, which command each channel issues.

:mod:`~openrow.memory.controller.advance_compiled` holds the loop; the other modules are its steps, in the
order in which a cycle takes them: admission, refresh, scheduling over candidates, the plan of a request's
next command, its timing, its issue, completion, and the accounting of every cycle.
"""
