"""What HBM-PIM's units do with each column command; the compiled twin of :mod:`openrow.pim.hbm_pim.unit`."""

import numpy as np
from numpy.typing import NDArray

from openrow.pim.half_compiled import round_to_half
from openrow.pim.hbm_pim import columns as h
from openrow_kernels.compilation import compiled

Int64Array = NDArray[np.int64]
Float32Array = NDArray[np.float32]
Uint16Array = NDArray[np.uint16]

# Operations and operands of an instruction: those of openrow.pim.hbm_pim.instructions.
NOP, FILL, ADD, MUL, MAC, JUMP, EXIT = range(7)
OPERATION, I_TARGET, I_FIRST, I_SECOND, I_RELU, I_COUNT, I_OFFSET = range(7)
STEP_OF = (0, h.LOAD, h.SUM, h.PRODUCT, h.ACCUMULATE)


@compiled
def source_index(source: int, target: int, registers: int, place: int, multiplies: bool) -> int:
    """The register an instruction reads: by the column's number, and GRF_A of MAC by that of its phase."""
    if multiplies and source == h.FILE_A and target == h.FILE_B:
        return place // registers % registers
    return place % registers


@compiled
def sequence(instructions: Int64Array, events: Int64Array, registers: int, steps: Int64Array) -> int:
    """Run the program over the column commands.

    Parameters
    ----------
    instructions
        (n, INSTRUCTION_COLUMNS) the program.
    events
        (m, EVENT_COLUMNS) what the units see, in the order of commands.
    registers
        Registers of a file.
    steps
        (m, STEP_COLUMNS) what each unit does; OFFSET is left the burst's place in its bank, with the parity
        of the bank in REGION.

    Returns
    -------
    int
        The number of steps.
    """
    count = 0
    on = False
    finished = False
    at, served = 0, 0
    left = np.zeros(instructions.shape[0], dtype=np.int64)
    for e in range(events.shape[0]):
        event = events[e, h.EVENT]
        if event == h.OFF:
            on = False
        elif event == h.ON or event == h.ON_CLEARED:
            on, finished, at, served = True, False, 0, 0
            left[:] = 0
            if event == h.ON_CLEARED:
                steps[count, h.STEP] = h.CLEAR
                count += 1
        elif event == h.WRITE_REGISTER:
            steps[count, h.STEP] = h.BROADCAST
            steps[count, h.TARGET], steps[count, h.TARGET_INDEX] = h.FILE_A, events[e, h.EVENT_PLACE]
            steps[count, h.OFFSET] = events[e, h.EVENT_DATA]
            count += 1
        elif on and not finished:
            while instructions[at, OPERATION] == JUMP:
                if left[at] == 0:
                    left[at] = instructions[at, I_COUNT] + 1
                left[at] -= 1
                at = at + 1 if left[at] == 0 else at - instructions[at, I_OFFSET]
            if instructions[at, OPERATION] == EXIT:
                finished = True
                continue
            operation = instructions[at, OPERATION]
            place, parity = events[e, h.EVENT_PLACE], events[e, h.EVENT_PARITY]
            if operation != NOP or events[e, h.EVENT_WRITE] != 0:
                steps[count, h.REGION], steps[count, h.OFFSET] = parity, place
                steps[count, h.TARGET_INDEX] = place % registers
                if operation == NOP:
                    steps[count, h.STEP], steps[count, h.SOURCE] = h.STORE, parity
                    steps[count, h.SOURCE_INDEX] = place % registers
                else:
                    multiplies = operation == MAC
                    target = instructions[at, I_TARGET] - 1
                    source, other = instructions[at, I_FIRST] - 1, instructions[at, I_SECOND] - 1
                    steps[count, h.STEP], steps[count, h.TARGET] = STEP_OF[operation], target
                    steps[count, h.SOURCE], steps[count, h.OTHER] = source, other
                    steps[count, h.SOURCE_INDEX] = source_index(source, target, registers, place, multiplies)
                    steps[count, h.OTHER_INDEX] = source_index(other, target, registers, place, multiplies)
                    steps[count, h.RELU] = instructions[at, I_RELU]
                count += 1
            served += 1
            if served == (instructions[at, I_COUNT] + 1 if operation == NOP else registers):
                at, served = at + 1, 0
    return count


@compiled
def read_operand(
    values: Float32Array,
    file: int,
    index: int,
    start: int,
    registers: Float32Array,
    operands: Uint16Array,
    floats: Float32Array,
) -> None:
    """Bring a register, or the burst of the bank at ``start``, into ``values``."""
    if file == h.BANK:
        for lane in range(values.shape[0]):
            values[lane] = floats[operands[start + lane]]
    else:
        for lane in range(values.shape[0]):
            values[lane] = registers[file, index, lane]


@compiled
def compute(
    steps: Int64Array,
    begin: int,
    end: int,
    blocks: int,
    registers: int,
    first: Uint16Array,
    second: Uint16Array,
    vector: Uint16Array,
    strides: Int64Array,
    floats: Float32Array,
    result: Float32Array,
) -> None:
    """Carry out the steps in every unit: each operation rounds to FP16.

    Parameters
    ----------
    steps
        (n, STEP_COLUMNS) with regions and offsets: region 0 is ``first``, 1 ``second``, 2 ``result``.
    begin, end
        The channels that are computed, ``end`` left out.
    blocks, registers
        Units of a channel, registers of a file of each.
    first, second
        The operands in banks, bits of FP16.
    vector
        The operand that the host writes to registers, bits of FP16.
    strides
        (3, 2) elements from a channel to the next and from a unit to the next, by region.
    floats
        (65536,) the value of each FP16 number.
    result
        What the units store; changed.
    """
    lanes = 16
    files = np.zeros((2, registers, lanes), dtype=np.float32)
    source = np.zeros(lanes, dtype=np.float32)
    other = np.zeros(lanes, dtype=np.float32)
    source_bits, other_bits = source.view(np.int32), other.view(np.int32)
    for channel in range(begin, end):
        for block in range(blocks):
            files[:] = 0
            for s in range(steps.shape[0]):
                step = steps[s, h.STEP]
                target, index = steps[s, h.TARGET], steps[s, h.TARGET_INDEX]
                region = steps[s, h.REGION]
                start = steps[s, h.OFFSET] + channel * strides[region, 0] + block * strides[region, 1]
                if step == h.CLEAR:
                    files[h.FILE_B] = 0
                    continue
                if step == h.BROADCAST:
                    for lane in range(lanes):
                        files[target, index, lane] = floats[vector[steps[s, h.OFFSET] + lane]]
                    continue
                if step == h.STORE:
                    for lane in range(lanes):
                        result[start + lane] = files[steps[s, h.SOURCE], steps[s, h.SOURCE_INDEX], lane]
                    continue
                operands = first if region == 0 else second
                read_operand(
                    source, steps[s, h.SOURCE], steps[s, h.SOURCE_INDEX], start, files, operands, floats
                )
                if step != h.LOAD:
                    read_operand(
                        other, steps[s, h.OTHER], steps[s, h.OTHER_INDEX], start, files, operands, floats
                    )
                if step == h.SUM:
                    for lane in range(lanes):
                        source[lane] += other[lane]
                    round_to_half(source, source_bits)
                elif step == h.PRODUCT:
                    for lane in range(lanes):
                        source[lane] *= other[lane]
                    round_to_half(source, source_bits)
                elif step == h.ACCUMULATE:
                    for lane in range(lanes):
                        other[lane] *= source[lane]
                    round_to_half(other, other_bits)
                    for lane in range(lanes):
                        source[lane] = files[target, index, lane] + other[lane]
                    round_to_half(source, source_bits)
                elif steps[s, h.RELU] != 0:
                    for lane in range(lanes):
                        source[lane] = max(source[lane], np.float32(0))
                for lane in range(lanes):
                    files[target, index, lane] = source[lane]
