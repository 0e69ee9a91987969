"""Names of the columns of the arrays of HBM-PIM's controller and units.

Commands have the codes below; those to half the banks come HALF after those to one.
"""

ACT, PRE, READ, WRITE, ACT_HALF, PRE_HALF, READ_HALF, WRITE_HALF, REFRESH = range(9)
HALF = ACT_HALF - ACT
COMMANDS = 9

# A transaction: a burst that is read or written. BARRIER: later ones wait for it, and it for earlier ones.
# KIND: what it is for. EFFECT: what a write to the registers does. DATA: the burst of a vector it brings.
IS_WRITE, T_BANK, T_ROW, T_COLUMN, BARRIER, KIND, EFFECT, DATA = range(8)
TRANSACTION_COLUMNS = 8
NO_EFFECT, UNITS_ON, UNITS_ON_CLEARED, UNITS_OFF = range(4)
"""UNITS_ON_CLEARED also sets GRF_B to zero."""
KIND_NAMES = ("host", "park", "mode", "program", "operand", "compute", "result")
HOST, PARK, MODE, PROGRAM, OPERAND, COMPUTE, RESULT = range(7)
KINDS = len(KIND_NAMES)

# Rules of a controller.
(
    BANKS,
    QUEUE,
    READ_DONE,
    WRITE_DONE,
    REFRESH_INTERVAL,
    TO_ALL_ROW,
    TO_SINGLE_ROW,
    MODE_COLUMN,
    SECOND_GROUP,
    PACE,
    HALF_PACE,
) = range(11)
RULES = 11
"""READ_DONE, WRITE_DONE: cycles from a command until its data has arrived; SECOND_GROUP: the first bank of
the bank group that is half the groups on, which takes part in leaving single-bank mode; PACE, HALF_PACE:
cycles between column commands to one bank, and to half the banks."""

# State of a controller. ENTERED and LEFT count, in bits, the banks whose mode row has been opened or closed.
(
    NOW,
    NEXT,
    QUEUED,
    CLOSING,
    ALL_BANKS,
    ENTERED,
    LEFT,
    DONE,
    REFRESH_DUE,
    LAST_COLUMN,
    LAST_PACE,
) = range(11)
STATE = 11
"""CLOSING: the bank where the search for a row to close goes on; DONE: the cycle by whose beginning all data
has arrived, or that to wait for; LAST_COLUMN, LAST_PACE: the cycle of the last column command, its pace."""

# A step of the units: what is done, to which register, from where. A source is a register file or the bank,
# whose burst begins at OFFSET of region REGION for the first unit of the first channel.
(
    STEP,
    TARGET,
    TARGET_INDEX,
    SOURCE,
    SOURCE_INDEX,
    OTHER,
    OTHER_INDEX,
    RELU,
    REGION,
    OFFSET,
) = range(10)
STEP_COLUMNS = 10
CLEAR, BROADCAST, LOAD, SUM, PRODUCT, ACCUMULATE, STORE = range(7)
"""CLEAR sets GRF_B to zero; BROADCAST writes a burst of the vector to a register of all units."""
FILE_A, FILE_B, BANK = range(3)

# What a column command is to the units, before it becomes steps.
(
    EVENT,
    EVENT_PARITY,
    EVENT_PLACE,
    EVENT_WRITE,
    EVENT_DATA,
) = range(5)
EVENT_COLUMNS = 5
ON, ON_CLEARED, OFF, WRITE_REGISTER, COLUMN_COMMAND = range(5)
