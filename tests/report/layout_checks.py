"""What a laid out figure must not have: texts that cover one another or leave it."""

from collections.abc import Iterator

from matplotlib.figure import Figure
from matplotlib.text import Text


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Texts that cover one another once the figure is laid out."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    beyond = set(_labels_beyond_the_axes(figure))
    shown = [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in beyond
    ]
    boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in shown]
    return [
        (one, other)
        for place, (one, first) in enumerate(boxes)
        for other, second in boxes[place + 1 :]
        if one != other and first.shrunk(0.9, 0.8).overlaps(second.shrunk(0.9, 0.8))
    ]


def _labels_beyond_the_axes(figure: Figure) -> Iterator[Text]:
    """Labels of marks outside what an axis shows, which are laid out but not drawn."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    yield tick.label1


def within(figure: Figure) -> bool:
    """Whether every text lies inside the figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box = figure.get_tightbbox(canvas.get_renderer())
    return bool(box.x0 >= -0.02 and box.y0 >= -0.02 and box.x1 <= figure.get_figwidth() + 0.02)
