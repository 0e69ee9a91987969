"""A product of matrices on a systolic array: cycles, and what crosses the edges of the array.

The array works in folds: as much of the product as its rows and columns hold at once. Of C (m, n) =
X (m, k) W (k, n) the dataflows lay along rows, columns and time:

================== ==== ======= ====
dataflow           rows columns time
================== ==== ======= ====
output-stationary  m    n       k
weight-stationary  k    n       m
input-stationary   k    m       n
================== ==== ======= ====

Operands enter skewed, one row and one column later each. With R rows, C columns and T numbers in time the
last multiplier is done after R + C + T - 2 cycles; where an operand stays, R cycles come before in which it
is loaded row by row. Folds follow one another without overlap. These are the formulas of Samajdar et al.,
"A systematic methodology for characterizing scalability of DNN accelerators using SCALE-Sim", ISPASS 2020
(doi 10.1109/ISPASS48437.2020.00016).
"""

from dataclasses import dataclass

from openrow.config.npu import Dataflow


@dataclass(frozen=True)
class ArrayProduct:
    """A product on an array.

    Attributes
    ----------
    folds
        Folds of the product.
    cycles
        Of all folds.
    input_reads, weight_reads
        Elements that enter the array.
    sum_writes, sum_reads
        Sums that leave it, and partial sums of earlier folds that are added to them.
    """

    folds: int
    cycles: int
    input_reads: int
    weight_reads: int
    sum_writes: int
    sum_reads: int


def array_product(size: tuple[int, int, int], array: tuple[int, int], dataflow: Dataflow) -> ArrayProduct:
    """Multiply X (m, k) by W (k, n) on an array.

    Parameters
    ----------
    size
        m, k and n.
    array
        Rows and columns of multipliers.
    dataflow
        Which operand stays.
    """
    m, k, n = size
    rows, columns = array
    spread = {
        Dataflow.OUTPUT_STATIONARY: (m, n, k),
        Dataflow.WEIGHT_STATIONARY: (k, n, m),
        Dataflow.INPUT_STATIONARY: (k, m, n),
    }
    down, across, time = spread[dataflow]
    folds_down, folds_across = -(-down // rows), -(-across // columns)
    folds = folds_down * folds_across
    if dataflow is Dataflow.OUTPUT_STATIONARY:
        cycles = folds * (rows + columns + time - 2)
        return ArrayProduct(folds, cycles, m * k * folds_across, k * n * folds_down, m * n, 0)
    cycles = folds * (2 * rows + columns + time - 2)
    sums, partial = m * n * folds_down, m * n * (folds_down - 1)
    if dataflow is Dataflow.WEIGHT_STATIONARY:
        return ArrayProduct(folds, cycles, m * k * folds_across, k * n, sums, partial)
    return ArrayProduct(folds, cycles, m * k, k * n * folds_across, sums, partial)
