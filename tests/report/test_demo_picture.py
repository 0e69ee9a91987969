import numpy as np

from openrow.report.demo_picture import MappingFigures, OpenedRows, draw_demo


def draw():
    image = np.full((4, 6, 3), 0.5, np.float32)
    rows = [
        OpenedRows(
            "NHWC", {"input": 0, "output": 4096}, np.array([0.0, 1.0]), np.array([64, 4096], np.uint64)
        ),
        OpenedRows(
            "Morton", {"input": 0, "output": 8192}, np.array([0.0, 2.0]), np.array([64, 8192], np.uint64)
        ),
    ]
    figures = [MappingFigures("RoBaBgCo", {"NHWC": 0.996, "Morton": 0.973}, {"NHWC": 7.7, "Morton": 9.3})]
    return draw_demo({"before": image, "after": image}, rows, figures)


def texts_of(figure):
    panels = [axes for part in figure.subfigs for axes in part.axes]
    return [text.get_text() for axes in panels for text in (axes.title, *axes.texts)]


def test_the_demo_writes_every_hit_rate_and_time_on_its_bar():
    assert {"99.6", "97.3", "7.7", "9.3"} <= set(texts_of(draw()))


def test_the_demo_counts_opened_rows_and_names_the_tensors_of_each_layout():
    texts = texts_of(draw())
    assert "NHWC: 2 rows opened" in texts
    assert texts.count("input") == texts.count("output") == 2
