"""Names of the columns of the arrays of AiM's controller."""

(
    ACT_ALL,
    PRE_ALL,
    MAC_ALL,
    MUL_ALL,
    FUNCTION_ALL,
    WRITE_BUFFER,
    WRITE_SUMS,
    READ_SUMS,
    READ_FUNCTION,
    CHANGE_MODE,
    REFRESH,
) = range(11)
COMMANDS = 11

# An instruction: the command it comes to, for how many bursts, from which row and column on, and whether the
# dispatcher waits for it.
I_COMMAND, I_COUNT, I_ROW, I_COLUMN, I_BLOCKING = range(5)
INSTRUCTION_COLUMNS = 5

# State: the next cycle, the open row of all banks or -1, whether registers are addressed, when the dispatcher
# hands on the next instruction, when refresh is due, and how many instructions are taken, and bursts of the
# next one done.
NOW, OPEN_ROW, REGISTER_MODE, HANDED_ON, REFRESH_DUE, TAKEN, DONE = range(7)
STATE = 7

# Rules.
DECODE, REFRESH_INTERVAL, READ_DONE, PACE = range(4)
RULES = 4
"""READ_DONE: cycles from reading registers until they are there; PACE: from a multiplication to the next."""
