"""Files of figures: the same bytes for the same figure, whatever a user's style."""

import matplotlib as mpl
import pytest

from know.reporting.forgetting_figure import draw_forgetting
from know.reporting.svg import save_svg


@pytest.mark.parametrize("count", [2, 12])
def test_a_users_own_style_changes_nothing(tmp_path, count):
    runs = {f"r{n}": [(80.0 - n, 70.0), (78.0, None)] for n in range(count)}
    save_svg(draw_forgetting(runs), tmp_path / "a.svg")
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9}):
        save_svg(draw_forgetting(runs), tmp_path / "b.svg")
    first, second = (tmp_path / name for name in ("a.svg", "b.svg"))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_text().startswith("<?xml")
    assert "<dc:date>" not in first.read_text()


def test_forgetting_has_a_line_for_each_run_and_split():
    [ax] = draw_forgetting({"r0": [(80.0, 70.0), (78.0, None)]}).axes
    on_data, on_test = (line.get_ydata().tolist() for line in ax.lines)
    assert on_data == [80, 78]
    assert on_test[0] == 70
