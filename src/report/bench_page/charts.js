// Draws the charts of the page from the data in #charts; see bench_charts.ts for its form.
"use strict";

(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const HEIGHT = 320;
  let drawn = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const axis = (label, more) => ({
    label,
    labelSize: 24,
    labelFont: "13px system-ui, sans-serif",
    font: "12px system-ui, sans-serif",
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
    ...more,
  });

  const series = ({ label, colour: name, shape }, unit, isSparse) => ({
    label,
    stroke: colour(name),
    width: 2,
    dash: shape === "dashed" ? [6, 5] : [],
    paths: shape === "points" ? () => null : uPlot.paths.linear(),
    spanGaps: true,
    points: shape === "points"
      ? { show: true, size: 6, fill: colour(name), width: 0 }
      : { show: isSparse, size: 7, fill: colour(name) },
    value: (_, value) => value === null || value === undefined ? "" : `${value.toFixed(1)} ${unit}`,
  });

  /** Room on both sides of the first and the last resolution. */
  const wider = (_, least, most) => [least / 1.3, most * 1.3];

  /** From one power of ten to another through 2 and 5. */
  const logarithmic = (_, __, least, most) => {
    const ticks = [];
    for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power++) {
      for (const factor of [1, 2, 5]) ticks.push(factor * 10 ** power);
    }
    return ticks.filter((tick) => tick >= least && tick <= most);
  };

  const plainNumbers = (_, values) => values.map((value) => String(Number(value.toPrecision(6))));

  const options = (chart, width) => {
    const { isLogarithmic, xTicks, xLabel, yLabel, unit } = chart;
    const label = (value) => xTicks?.find((tick) => tick[0] === value)?.[1] ?? String(value);
    return {
      width,
      height: HEIGHT,
      scales: {
        x: { time: false, ...(isLogarithmic && { distr: 3, range: wider }) },
        y: isLogarithmic ? { distr: 3, range: wider } : {},
      },
      axes: [
        axis(xLabel, {
          size: 40,
          ...(xTicks && {
            splits: () => xTicks.map((tick) => tick[0]),
            values: (_, values) => values.map(label),
            filter: (_, values) => values,
          }),
        }),
        axis(yLabel, {
          size: 56,
          ...(isLogarithmic &&
            { splits: logarithmic, values: plainNumbers, filter: (_, values) => values }),
        }),
      ],
      series: [
        { label: xTicks ? "at" : xLabel, value: (_, value) => value === null ? "" : label(value) },
        ...chart.series.map((each) => series(each, unit, chart.x.length < 10)),
      ],
      cursor: { points: { size: 8 } },
    };
  };

  const draw = () => {
    for (const plot of drawn) plot.destroy();
    drawn = charts.flatMap((chart) => {
      const place = document.getElementById(chart.id);
      if (!place) return [];
      const data = [chart.x, ...chart.series.map(({ values }) => values)];
      return [new uPlot(options(chart, place.clientWidth), data, place)];
    });
  };

  draw();
  addEventListener("resize", () => {
    for (const plot of drawn) {
      plot.setSize({ width: plot.root.parentElement.clientWidth, height: HEIGHT });
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  // Paper is white: canvases do not follow the style sheet, so they are drawn anew.
  const paper = (isOn) => () => {
    document.documentElement.classList.toggle("light", isOn);
    for (const details of document.querySelectorAll("details")) details.open = isOn;
    draw();
  };
  addEventListener("beforeprint", paper(true));
  addEventListener("afterprint", paper(false));
})();
