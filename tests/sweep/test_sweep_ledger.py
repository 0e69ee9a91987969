import sqlite3
from pathlib import Path

import pytest

from openrow.sweep.ledger import DONE, FAILED, NAME, PENDING, Counts, Ledger, LedgerError


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def test_a_point_is_entered_once(ledger: Ledger) -> None:
    assert ledger.add("a", {"x": 1}) == ledger.add("a", {"x": 1})
    assert ledger.counts() == Counts(done=0, failed=0, pending=1)


def test_a_point_is_done_with_its_row_or_not_at_all(ledger: Ledger) -> None:
    number = ledger.add("a", {"x": 1})
    with pytest.raises(TypeError):
        ledger.finish([number], "key", {"cycles": object()})
    assert (ledger.state("a"), ledger.row(number)) == (PENDING, None)
    ledger.finish([number], "key", {"cycles": 5})
    assert (ledger.state("a"), ledger.row(number)) == (DONE, {"cycles": 5})


def test_a_transaction_that_breaks_in_the_middle_leaves_nothing(tmp_path: Path, ledger: Ledger) -> None:
    number = ledger.add("a", {})
    other = sqlite3.connect(tmp_path / NAME)
    other.execute("create trigger t before update on point begin select raise(abort, 'no'); end")
    other.commit()
    other.close()
    with pytest.raises(LedgerError, match="no; what was kept before is untouched"):
        ledger.finish([number], "key", {"cycles": 5})
    assert ledger.row(number) is None
    assert not ledger.take_from_same_key(number, "key")


def test_points_of_one_key_share_a_row(ledger: Ledger) -> None:
    first, second = ledger.add("a", {"x": 1}), ledger.add("b", {"x": 2})
    assert not ledger.take_from_same_key(second, "key")
    ledger.finish([first], "key", {"cycles": 5})
    assert ledger.take_from_same_key(second, "key")
    assert [row["axis.x"] for row in ledger.rows()] == [1, 2]


def test_a_failed_point_keeps_its_error_until_it_is_tried_again(ledger: Ledger) -> None:
    number = ledger.add("a", {"x": 1})
    ledger.fail([number], "too hot")
    assert list(ledger.failures()) == [(number, {"x": 1}, "too hot")]
    assert ledger.state("a") == FAILED
    ledger.retry_failed()
    assert ledger.state("a") == PENDING
    assert not list(ledger.failures())


def test_what_is_remembered_stays(ledger: Ledger) -> None:
    assert ledger.remember("version", "1") is None
    assert ledger.remember("version", "2") == "1"


def test_a_file_that_is_no_ledger_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("rows and rows of something else " * 100)
    with pytest.raises(LedgerError, match=rf"{NAME}: cannot be used as the ledger"):
        Ledger(tmp_path)


def test_a_damaged_ledger_is_refused_in_a_sentence(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(300):
        ledger.finish([ledger.add(str(number), {"x": number})], str(number), {"cycles": number})
    ledger.close()
    whole = bytearray((tmp_path / NAME).read_bytes())
    whole[8192:] = b"\x5a" * (len(whole) - 8192)
    (tmp_path / NAME).write_bytes(whole)
    with pytest.raises(LedgerError, match=NAME):
        list(Ledger(tmp_path).rows())


def test_a_damaged_row_is_refused_in_a_sentence(tmp_path: Path, ledger: Ledger) -> None:
    number = ledger.add("a", {})
    ledger.finish([number], "key", {"cycles": 5})
    other = sqlite3.connect(tmp_path / NAME)
    other.execute("update result set row = x'00ff'")
    other.commit()
    other.close()
    with pytest.raises(LedgerError, match="run the sweep again"):
        ledger.row(number)
