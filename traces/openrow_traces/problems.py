"""What can be wrong with a line of a text format: numbers for the compiled parsers, words for people."""

OK = 0
OPERATION = 1
ADDRESS = 2
ADDRESS_TOO_LARGE = 3
SPACING = 4
END_OF_LINE = 5
CYCLE = 6
CYCLE_TOO_LARGE = 7
COLON = 8
SIZE = 9
DATA = 10
INDEX = 11
INDEX_TOO_LARGE = 1000
"""From here on: the index of level ``problem - INDEX_TOO_LARGE`` is beyond its size."""

DESCRIPTIONS = {
    OPERATION: "no operation that the format has",
    ADDRESS: "no address where one must stand",
    ADDRESS_TOO_LARGE: "the address is larger than the format's simulator reads",
    SPACING: "no space, or not the space that must stand between two parts",
    END_OF_LINE: "something stands after the end of the entry",
    CYCLE: "no cycle where one must stand",
    CYCLE_TOO_LARGE: "the cycle is too large",
    COLON: "no colon directly after the cycle",
    SIZE: "the length in parentheses is not a number of bytes from 1 to 4294967295",
    DATA: "something stands after the address that is neither data (0x and digits) nor a comment",
    INDEX: "the address vector has not one index for each level",
}
