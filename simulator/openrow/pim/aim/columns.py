"""Names of the columns of the arrays of AiM's controller."""

ACT_ALL, PRE_ALL, MAC_ALL, WRITE_BUFFER, WRITE_SUMS, READ_SUMS, CHANGE_MODE, REFRESH = range(8)
COMMANDS = 8

# An instruction: the command it comes to, how many bursts from column 0, the row, and whether the dispatcher
# waits for it.
I_COMMAND, I_COUNT, I_ROW, I_BLOCKING = range(4)
INSTRUCTION_COLUMNS = 4

# State: the next cycle, the open row of all banks or -1, whether registers are addressed, when the dispatcher
# hands on the next instruction, when refresh is due, the last command's cycle, and how many commands were
# issued and instructions taken.
NOW, OPEN_ROW, REGISTER_MODE, HANDED_ON, REFRESH_DUE, LAST, COUNT, TAKEN, COLUMN = range(9)
STATE = 9

# Rules.
DECODE, REFRESH_INTERVAL, READ_DONE, PACE = range(4)
RULES = 4
"""READ_DONE: cycles from reading the sums until they are there; PACE: from a multiplication to the next."""
