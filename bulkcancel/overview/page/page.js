"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const count = new Intl.NumberFormat("en");

  const milliseconds = (value) => {
    if (value === null || value === undefined) return "";
    if (value < 1000) return `${value} ms`;
    if (value < 60000) return `${(value / 1000).toFixed(1)} s`;
    return `${Math.floor(value / 60000)} min ${String(Math.floor(value / 1000) % 60).padStart(2, "0")} s`;
  };
  const time = (seconds) => (seconds === null ? "" : new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " "));

  // A canvas has no style sheet: a color is asked of an element that has one.
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const color = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };

  // Charts: uPlot.
  const charts = [];
  const utc = (stamp) => uPlot.tzDate(new Date(stamp * 1000), "Etc/UTC");
  const DAY = "\n{YYYY}-{MM}-{DD}";
  const MINUTE = "\n{YYYY}-{MM}-{DD} {HH}:{mm}";
  // For each distance of two ticks: what stands at each, and what at the first of a year, month, day, minute, second.
  const dates = [
    [2419200, "{YYYY}-{MM}", null, null, null, null, null, null, 1],
    [86400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", DAY, null, DAY, null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", DAY, null, DAY, null, null, null, 1],
    [0.001, "{ss}.{fff}", MINUTE, null, MINUTE, null, MINUTE, null, 1],
  ];
  const axis = (more) => ({ stroke: color("muted"), grid: { stroke: color("grid"), width: 1 }, ticks: { stroke: color("grid"), width: 1 }, ...more });
  const shade = (plot) => {
    const { ctx } = plot;
    const { left, top, width, height } = plot.bbox;
    ctx.save();
    const colors = new Map(["pause", "between", "quota", "outage"].map((name) => [name, color(name)]));
    for (const [begin, end, kind] of data.pauses) {
      const from = Math.max(left, plot.valToPos(begin, "x", true));
      const to = Math.min(left + width, plot.valToPos(end, "x", true));
      ctx.fillStyle = colors.get(kind);
      if (to > from) ctx.fillRect(from, top, Math.max(1, to - from), height);
    }
    ctx.restore();
  };
  // What a pause is called, where it is wide enough for that.
  const label = (plot) => {
    const { ctx } = plot;
    const { left, top, width } = plot.bbox;
    const pixel = devicePixelRatio;
    ctx.save();
    ctx.font = `${11 * pixel}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    ctx.fillStyle = color("text");
    for (const [begin, end, kind, why] of data.pauses) {
      const from = Math.max(left, plot.valToPos(begin, "x", true)) + 4 * pixel;
      const to = Math.min(left + width, plot.valToPos(end, "x", true));
      if (kind !== "pause" && from + ctx.measureText(why).width + 4 * pixel <= to) ctx.fillText(why, from, top + 4 * pixel);
    }
    ctx.restore();
  };
  const when = (stamp) => {
    const pause = data.pauses.find(([begin, end, kind]) => kind !== "pause" && begin <= stamp && stamp <= end);
    return pause === undefined ? time(stamp) : `${time(stamp)}, ${pause[3]}`;
  };
  const draw = (id, paper, series, rows, scale, size) => {
    const host = document.getElementById(id);
    if (host === null) return;
    const options = {
      width: paper ?? Math.max(280, host.clientWidth),
      height: 260,
      tzDate: utc,
      cursor: { drag: { x: true, y: false } },
      hooks: { drawClear: [shade], drawAxes: [label] },
      scales: { y: scale },
      axes: [axis({ values: dates, space: 80 }), axis({ size: 70, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : size(tick))) })],
      series: [{ label: "UTC", value: (_, stamp) => (stamp === null ? "" : when(stamp)) }, ...series],
    };
    host.replaceChildren();
    charts.push(new uPlot(options, rows, host));
  };
  // Each chart, as wide as the page, or as paper.
  const drawAll = (paper) => {
    while (charts.length) charts.pop().destroy();
    const line = data.timeline;
    if (line === null) return;
    const rows = (label, name, dash) => ({ label, stroke: color(name), width: 2, dash, points: { show: false }, value: (_, value) => (value === null ? "" : count.format(value)) });
    draw(
      "progress-chart",
      paper,
      [rows("canceled or had ended", "good"), rows("not found or rejected", "refused", [8, 4]), rows("to be tried again", "open", [2, 3])],
      [[line.begin, ...line.at], [0, ...line.done], [0, ...line.refused], [0, ...line.open]],
      { range: (_, low, high) => [0, Math.max(1, high * 1.05)] },
      (tick) => count.format(tick),
    );
    const took = (label, name, dash) => ({ label, stroke: color(name), width: 2, dash, spanGaps: false, points: { size: 4 }, value: (_, value) => milliseconds(value) });
    const positive = (values) => values.map((value) => (value === null ? null : Math.max(1, value)));
    draw(
      "latency-chart",
      paper,
      [took("median", "good"), took("95 of 100", "refused", [8, 4]), took("longest", "open", [2, 3])],
      [line.at, positive(line.median), positive(line.p95), positive(line.longest)],
      { distr: 3 },
      milliseconds,
    );
  };

  // Tables: DataTables. Everything goes in as text: `asText` escapes it, for what is shown and for what is searched.
  DataTable.ext.errMode = "throw"; // to the console, not as an alert
  const asText = DataTable.render.text();
  const plain = (title, more) => ({ title, render: asText, ...more });
  const shown = (words) => ({ display: words, _: (value) => value });
  const numbered = (title, words) => ({ title, className: "number", type: "num", render: shown((value) => (value === null ? "" : words(value))) });
  const language = {
    search: "Search",
    lengthMenu: "Rows a page _MENU_",
    info: "_START_ to _END_ of _TOTAL_",
    infoEmpty: "None",
    infoFiltered: "(of _MAX_ in all)",
    zeroRecords: "None matches",
    emptyTable: "None",
  };
  const table = (id, name, rows, columns, order, pageLength) => {
    const made = new DataTable(id, { data: rows, columns, order, pageLength, language, deferRender: true, autoWidth: false, lengthMenu: [10, 25, 50, 100, 500], orderMulti: false });
    made.table().container().querySelector("nav")?.setAttribute("aria-label", `Pages of ${name}`);
    return made;
  };

  if (document.getElementById("workflow-table") !== null) {
    table(
      "#workflow-table",
      "workflows",
      data.workflows,
      [
        plain("Workflow", { className: "id" }),
        ...["Rows", "Done", "Not found or unusable", "To be tried again"].map((title) => numbered(title, count.format)),
        ...["Median", "9 of 10", "Longest"].map((title) => numbered(title, milliseconds)),
      ],
      [[1, "desc"]],
      10,
    );
  }

  let failures = null;
  if (document.getElementById("failure-table") !== null) {
    const all = data.failures;
    const causes = new Map();
    const rows = all.line.map((line, index) => {
      const outcome = all.texts[all.outcome[index]];
      const code = all.texts[all.code[index]];
      const name = code === "" ? outcome : `${outcome} · ${code}`;
      const cause = causes.get(name) ?? { number: causes.size + 1, rows: 0 };
      cause.rows += 1;
      causes.set(name, cause);
      const detail = all.texts[all.detail[index]].replaceAll("\0", all.instance[index]);
      return [line, outcome, code, detail, all.workflow[index], all.instance[index], all.status[index], all.attempts[index], all.took[index], all.at[index], `c${cause.number}.`];
    });
    const whole = (value) => String(value);
    failures = table(
      "#failure-table",
      "rows that were not canceled",
      rows,
      [
        numbered("Line", whole),
        plain("Outcome"),
        { title: "Code", className: "code", render: { display: (value) => asText.display(value).replaceAll("_", "_<wbr>"), filter: asText.filter, _: (value) => value } },
        plain("What was said", { className: "detail" }),
        { title: "Workflow", className: "id", render: { display: (value) => asText.display(all.texts[value]), filter: (value) => asText.filter(all.texts[value]), _: (value) => all.texts[value] } },
        plain("Instance", { className: "id" }),
        numbered("Status", whole),
        numbered("Requests", whole),
        numbered("Took", milliseconds),
        { title: "Ended (UTC)", className: "number when", type: "num", render: { display: time, filter: time, _: (value) => value } },
        { title: "Cause", visible: false },
      ],
      [[0, "asc"]],
      25,
    );
    const filter = document.getElementById("cause-filter");
    for (const [name, cause] of [...causes].sort((one, other) => other[1].rows - one[1].rows)) {
      const option = document.createElement("option");
      option.value = `c${cause.number}.`;
      option.textContent = `${name} (${count.format(cause.rows)})`;
      filter.append(option);
    }
    filter.addEventListener("change", () => failures.column(10).search(filter.value, { regex: false, smart: false }).draw());
    document.getElementById("filters").hidden = false;
  }

  // Dark and light: as the system has it, until somebody chooses.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const redraw = () => {
    button.textContent = isDark() ? "Light theme" : "Dark theme";
    drawAll();
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    redraw();
  });
  dark.addEventListener("change", redraw);
  button.hidden = false;
  redraw();

  let resized;
  addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => drawAll(), 150);
  });

  // On paper: dark on light, and a few more rows than a screen shows.
  const PAPER = 680; // pixels, so that a chart fits on A4 and on Letter
  let before;
  addEventListener("beforeprint", () => {
    before = { theme: root.dataset.theme, rows: failures?.page.len() };
    root.dataset.theme = "light";
    failures?.page.len(data.printedRows).draw();
    drawAll(PAPER);
  });
  addEventListener("afterprint", () => {
    if (before === undefined) return;
    if (before.theme === undefined) delete root.dataset.theme;
    else root.dataset.theme = before.theme;
    failures?.page.len(before.rows).draw();
    before = undefined;
    redraw();
  });
})();
