"""Names of the columns of the arrays that the controllers of units working in step share.

A table row says what one command asks of another. ``ready`` holds, for command ``k`` and bank ``b`` at
``k * banks + b``, the first cycle the constraints allow, and ``reason`` the cause that set it. Cycles are
those of the controller's clock.
"""

# A row of the table: the code of the following command, cycles, banks of a node, banks of its parent for
# siblings (else 0), window, the place of its ring of past times for a window above one, and the cause.
FOLLOWING, LATENCY, SPAN, PARENT_SPAN, WINDOW, RING, CAUSE = range(7)
ROW_COLUMNS = 7

# Causes, in the order of the configuration's; then what no constraint asks for.
CAUSE_NAMES = (
    "row_cycle",
    "activation_window",
    "bank_group_spacing",
    "turnaround",
    "refresh",
    "command_bus",
    "data_bus",
)
ORDER = len(CAUSE_NAMES)
COLUMNS = ORDER + 1
DRAIN = COLUMNS + 1
CAUSES = DRAIN + 1
ACCOUNT_NAMES = (*CAUSE_NAMES, "barriers_and_order", "column_commands", "drain")

# A command in the log.
CYCLE, COMMAND, BANK, ROW, COLUMN, ORIGIN = range(6)
LOG_COLUMNS = 6
