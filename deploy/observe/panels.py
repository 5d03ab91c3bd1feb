"""The parts of a dashboard, and their conversion to JSON by Grafana's own builder."""

from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, text, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)

GRID_WIDTH, CHART_HEIGHT, NUMBER_HEIGHT = 24, 8, 4
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
RATE = "[$__rate_interval]"


class Query(NamedTuple):
    """A PromQL expression and the legend of its lines."""

    expr: str
    legend: str


class Chart(NamedTuple):
    """A chart of lines over time, stacked if they are parts of a whole."""

    title: str
    unit: str
    queries: Sequence[Query]
    about: str
    stacked: bool = False


class Number(NamedTuple):
    """A current value, red from `bad` on."""

    title: str
    unit: str
    expr: str
    about: str
    bad: float | None = None


class TextPanel(NamedTuple):
    """A panel of Markdown text."""

    title: str
    markdown: str


class PanelRow(NamedTuple):
    """A row of panels with equal widths."""

    title: str
    panels: Sequence[Chart | Number | TextPanel]


class Board(NamedTuple):
    """A dashboard. `by_provider` adds a choice of providers, `$provider` in its queries."""

    uid: str
    title: str
    about: str
    rows: Sequence[PanelRow]
    by_provider: bool = False


def quantile(q: float, histogram: str, *by: str, where: str = "") -> str:
    """Return the query of a histogram's quantile, by some of its labels."""
    return f"histogram_quantile({q}, sum by ({', '.join(('le', *by))}) (rate({histogram}_bucket{where}{RATE})))"


def per_s(counter: str, *by: str, where: str = "") -> str:
    """Return the query of a counter's rate per second, by some of its labels."""
    group = f" by ({', '.join(by)})" if by else ""
    return f"sum{group} (rate({counter}{where}{RATE}))"


def json_of(board: Board) -> str:
    """Return the JSON of a dashboard."""
    builder = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.about)
        .tags(["wokflow"])
        .timezone("browser")
        .time("now-1h", "now")
        .refresh("30s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .link(dashboard.DashboardLink("Wokflow").type(DashboardLinkType.DASHBOARDS).tags(["wokflow"]).as_dropdown(True))
    )
    if board.by_provider:
        builder.with_variable(provider_variable())
    number = 0
    for row in board.rows:
        number += 1
        builder.with_row(dashboard.Row(row.title).id(number))
        for panel in row.panels:
            number += 1
            builder.with_panel(build_panel(panel, GRID_WIDTH // len(row.panels)).id(number))
    return JSONEncoder(sort_keys=True, indent=1).encode(builder.build()) + "\n"


def provider_variable() -> dashboard.QueryVariable:
    """Return the builder of a choice of any number of providers that Prometheus knows."""
    return (
        dashboard.QueryVariable("provider")
        .label("Provider")
        .datasource(SOURCE)
        .query("label_values(wokflow_provider_breaker_state, provider)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(".*")
    )


def build_panel(panel: Chart | Number | TextPanel, width: int) -> timeseries.Panel | stat.Panel | text.Panel:
    """Return the builder of one panel."""
    match panel:
        case Chart():
            return build_chart(panel).span(width).height(CHART_HEIGHT)
        case Number():
            return build_number(panel).span(width).height(NUMBER_HEIGHT)
        case TextPanel():
            return text.Panel().title(panel.title).content(panel.markdown).span(width).height(CHART_HEIGHT)


def build_chart(of: Chart) -> timeseries.Panel:
    """Return the builder of a chart with a table of latest and highest values."""
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.TABLE).placement(LegendPlacement.BOTTOM)
    panel = (
        timeseries.Panel()
        .title(of.title)
        .description(of.about)
        .unit(of.unit)
        .min(0)
        .datasource(SOURCE)
        .fill_opacity(40 if of.stacked else 8)
        .line_width(1)
        .legend(legend.show_legend(True).calcs(["lastNotNull", "max"]))
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    if of.stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    for letter, query in zip("ABCDEFGH", of.queries, strict=False):
        panel.with_target(
            prometheus.Dataquery()
            .datasource(SOURCE)
            .ref_id(letter)
            .expr(query.expr)
            .legend_format(query.legend)
            .range()
        )
    return panel


def build_number(of: Number) -> stat.Panel:
    """Return the builder of a current value with its history behind it."""
    panel = (
        stat.Panel()
        .title(of.title)
        .description(of.about)
        .unit(of.unit)
        .datasource(SOURCE)
        .graph_mode(BigValueGraphMode.AREA)
        .color_mode(BigValueColorMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(
            prometheus.Dataquery().datasource(SOURCE).ref_id("A").expr(of.expr).legend_format(of.title).range()
        )
    )
    steps = [Threshold(value=None, color="green")] + ([Threshold(value=of.bad, color="red")] if of.bad else [])
    return panel.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
