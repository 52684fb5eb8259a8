// The table of a live view. Every text is set as text, never as markup.
const LABELS = { why: "Why?", who: "Who?" };
const TITLES = { why: "Find out why it does not run", who: "Show who uses it" };
const SILENT_MS = 35000; // longer than two missed signs of life
const HELD_MS = 2500; // rows stay in their places this long after the pointer moved over them

function make(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A long word may break before its inner capitals and after its slashes: CreateContainerConfigError, nvidia.com/gpu.
function setWord(node, text) {
  if (node.textContent === text) return;
  const parts = text.split(/(?<=[a-z])(?=[A-Z])|(?<=\/)/);
  node.replaceChildren(...parts.flatMap((part, index) => (index ? [make("wbr"), part] : [part])));
}

function age(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (Number.isNaN(seconds)) return "";
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
}

function render({ model, el }) {
  const send = (action, on = "") => model.send({ action, on: String(on) });
  el.classList.add("tk-grid");

  const path = make("nav", "tk-grid-path");
  path.setAttribute("aria-label", "Selection");
  const summary = make("div", "tk-grid-summary");
  const caption = make("p", "tk-grid-caption");
  const counts = make("div", "tk-grid-counts");
  counts.setAttribute("role", "group");
  counts.setAttribute("aria-label", "States");
  summary.append(caption, counts);
  const silence = make("p", "tk-notice tk-error tk-grid-silence");
  silence.setAttribute("role", "alert");
  silence.hidden = true;
  const scroll = make("div", "tk-grid-scroll");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  const table = make("table", "tk-grid-table");
  const head = make("tr");
  const body = make("tbody");
  const thead = make("thead");
  thead.append(head);
  table.append(thead, body);
  scroll.append(table);
  const more = make("button", "tk-grid-more", "Show more rows");
  more.type = "button";
  more.addEventListener("click", () => send("more"));
  el.append(path, silence, summary, scroll, more);

  const rows = new Map(); // by key: the row's element, its cells and its buttons
  let columns = [];
  let movedAt = 0;
  let held;

  function drawHead() {
    const next = JSON.stringify(model.get("columns"));
    if (next !== head.dataset.columns) {
      head.dataset.columns = next;
      columns = JSON.parse(next);
      rows.clear();
      body.replaceChildren();
      head.replaceChildren();
      for (const [name, form, isSortable, isSpare] of columns) {
        const cell = make("th", `tk-col-${name}`);
        cell.scope = "col";
        cell.classList.toggle("tk-spare", isSpare);
        cell.dataset.form = form;
        if (isSortable) {
          const button = make("button", "tk-grid-sort", name);
          button.type = "button";
          button.addEventListener("click", () => send("sort", name));
          cell.append(button);
        } else cell.textContent = name;
        head.append(cell);
      }
      const last = make("th", "tk-col-actions");
      last.scope = "col";
      last.append(make("span", "tk-unseen", "actions"));
      head.append(last);
    }
    columns.forEach(([name], index) => {
      const sorted = model.get("sort_column") === name;
      const order = sorted ? (model.get("is_descending") ? "descending" : "ascending") : "none";
      if (columns[index][2]) head.children[index].setAttribute("aria-sort", order);
    });
  }

  function newRow(key) {
    const root = make("tr");
    root.dataset.key = key;
    const cells = columns.map(([name, form, , isSpare]) => {
      const cell = make("td", `tk-col-${name}`);
      cell.classList.toggle("tk-spare", isSpare);
      cell.dataset.form = form;
      if (form === "state") cell.append(make("span", "tk-shape"), make("span", "tk-grid-word"));
      if (form === "link") {
        const button = make("button", "tk-grid-link");
        button.type = "button";
        button.addEventListener("click", () => send("open", key));
        cell.append(button);
      }
      if (form === "share") cell.append(make("span", "tk-grid-bar"), make("span", "tk-grid-percent"));
      root.append(cell);
      return cell;
    });
    root.addEventListener("click", (event) => {
      if (!event.target.closest("button") && String(getSelection()) === "" && root.querySelector(".tk-grid-link")) send("open", key);
    });
    const last = make("td", "tk-col-actions");
    root.append(last);
    return { root, cells, last, actions: "" };
  }

  function fill(row, texts, actions, tone) {
    texts.forEach((text, index) => {
      const cell = row.cells[index];
      const form = columns[index][1];
      if (form === "state") {
        if (row.root.dataset.tone !== tone) row.root.dataset.tone = tone;
        setWord(cell.lastChild, text);
      } else if (form === "link") setText(cell.firstChild, text);
      else if (form === "share") {
        cell.firstChild.hidden = text === "";
        cell.firstChild.style.setProperty("--tk-share", `${Math.min(100, Number(text) || 0)}%`);
        setText(cell.lastChild, text === "" ? "" : `${Math.floor(Number(text))} %`);
      } else if (form === "time") {
        if (cell.dataset.time !== text) {
          cell.dataset.time = text;
          cell.title = text;
        }
        setText(cell, age(text));
      } else if (columns[index][0] === "resource") setWord(cell, text);
      else setText(cell, text);
    });
    const next = actions.join(" ");
    if (next !== row.actions) {
      row.actions = next;
      row.last.replaceChildren(
        ...actions.map((action) => {
          const button = make("button", "tk-grid-action", LABELS[action] || action);
          button.type = "button";
          button.title = TITLES[action] || "";
          button.addEventListener("click", () => {
            send(action, row.root.dataset.key);
            showPanel();
          });
          return button;
        }),
      );
    }
    const name = row.cells.filter((cell) => cell.matches("[data-form='link'], .tk-col-resource")).map((cell) => cell.textContent).join(" ");
    for (const button of row.last.children) {
      const label = `${button.textContent} ${name}`;
      if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
    }
  }

  // The answer appears below the table, perhaps beyond the page's lower end.
  function showPanel() {
    const panel = el.closest(".tk-form")?.querySelector(".tk-panel");
    if (!panel) return;
    const observer = new MutationObserver(() => {
      observer.disconnect();
      panel.scrollIntoView({ block: "nearest" });
    });
    observer.observe(panel, { childList: true, subtree: true });
    setTimeout(() => observer.disconnect(), 15000);
  }

  // One button of all rows is a tab stop; the arrow keys lead to the others.
  function setTabStop(button) {
    for (const each of body.querySelectorAll("button[tabindex='0']")) each.tabIndex = -1;
    if (button) button.tabIndex = 0;
  }

  function keepTabStop() {
    for (const each of body.querySelectorAll("button:not([tabindex])")) each.tabIndex = -1;
    if (!body.querySelector("button[tabindex='0']")) setTabStop(body.querySelector("button"));
  }

  body.addEventListener("focusin", (event) => event.target.matches("button") && setTabStop(event.target));
  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    const buttons = [...row.querySelectorAll("button")];
    const at = buttons.indexOf(event.target);
    const all = [...body.children];
    const to = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -all.length, End: all.length }[event.key];
    let target;
    if (to !== undefined) {
      const place = Math.min(all.length - 1, Math.max(0, all.indexOf(row) + to));
      const others = all[place].querySelectorAll("button");
      target = others[Math.min(at, others.length - 1)];
    } else if (event.key === "ArrowRight") target = buttons[at + 1];
    else if (event.key === "ArrowLeft") target = buttons[at - 1];
    else return;
    event.preventDefault();
    event.stopPropagation();
    target?.focus();
  });
  body.addEventListener("pointermove", () => (movedAt = Date.now()));
  body.addEventListener("pointerleave", () => {
    movedAt = 0;
    drawRows();
  });

  function drawRows() {
    drawHead();
    const content = model.get("rows");
    const keys = new Set(content.map(([key]) => key));
    for (const [key, row] of rows) {
      if (!keys.has(key)) {
        row.root.remove();
        rows.delete(key);
      }
    }
    const active = el.contains(document.activeElement) ? document.activeElement : null;
    const isHeld = Date.now() - movedAt < HELD_MS && body.matches(":hover");
    clearTimeout(held);
    if (isHeld) held = setTimeout(drawRows, HELD_MS);
    let previous = null;
    for (const [key, texts, actions, tone] of content) {
      let row = rows.get(key);
      const isNew = row === undefined;
      if (isNew) rows.set(key, (row = newRow(key)));
      fill(row, texts, actions, tone);
      // a row must not move away from the pointer that is about to click it
      if (isNew || !isHeld) {
        const place = previous ? previous.nextSibling : body.firstChild;
        if (row.root !== place) body.insertBefore(row.root, place);
      }
      previous = row.root;
    }
    if (active && document.activeElement !== active && active.isConnected) active.focus({ preventScroll: true });
    keepTabStop();
  }

  function drawSummary() {
    setText(caption, model.get("caption"));
    scroll.setAttribute("aria-label", `Table: ${model.get("caption")}`);
    more.hidden = !model.get("has_more");
    summary.hidden = scroll.hidden = model.get("columns").length === 0;
    thead.hidden = model.get("rows").length === 0;
    el.classList.toggle("tk-stale", model.get("is_stale"));
    const chosen = model.get("state");
    const known = new Map([...counts.children].map((button) => [button.dataset.state, button]));
    const shown = model.get("counts").map(([state, tone, count]) => {
      let button = known.get(state);
      if (!button) {
        button = make("button", "tk-grid-count");
        button.type = "button";
        button.dataset.state = state;
        button.append(make("span", "tk-shape"), make("span", "tk-grid-word"), make("b"));
        button.addEventListener("click", () => send("state", state));
      }
      button.dataset.tone = tone;
      setText(button.children[1], state);
      setText(button.children[2], String(count));
      button.setAttribute("aria-pressed", String(state === chosen));
      return button;
    });
    const isSame = shown.length === counts.children.length && shown.every((it, at) => it === counts.children[at]);
    if (!isSame) {
      const active = counts.contains(document.activeElement) ? document.activeElement : null;
      counts.replaceChildren(...shown);
      if (active?.isConnected) active.focus({ preventScroll: true });
    }
  }

  function drawPath() {
    const steps = model.get("path");
    path.hidden = steps.length < 2;
    if (path.dataset.steps === JSON.stringify(steps)) return;
    path.dataset.steps = JSON.stringify(steps);
    const hadFocus = path.contains(document.activeElement);
    path.replaceChildren(
      ...steps.map((step, index) => {
        if (index === steps.length - 1) {
          const last = make("span", "tk-grid-step", step);
          last.setAttribute("aria-current", "true");
          return last;
        }
        const button = make("button", "tk-grid-step", step);
        button.type = "button";
        button.addEventListener("click", () => send("up", index));
        return button;
      }),
    );
    if (hadFocus) (path.querySelector("button:last-of-type") || scroll).focus({ preventScroll: true });
  }

  let heardAt = Date.now();
  const hear = () => (heardAt = Date.now());
  const tick = setInterval(() => {
    for (const cell of body.querySelectorAll("td[data-form='time']")) setText(cell, age(cell.dataset.time));
    const known = el.closest(".tk-form")?.querySelector(".tk-kernel");
    const isKnown = known && known.offsetParent !== null; // the form itself says that the kernel was restarted
    const isSilent = model.get("is_running") && !isKnown && Date.now() - heardAt > SILENT_MS;
    if (isSilent && silence.hidden) {
      const since = new Date(heardAt).toLocaleTimeString();
      silence.replaceChildren(make("strong", "", "No news from the kernel"), make("p", "", `Nothing has arrived since ${since}. If the kernel was restarted, run this cell again.`));
    }
    silence.hidden = !isSilent;
  }, 5000);

  const draw = () => {
    drawPath();
    drawSummary();
    drawRows();
  };
  model.on("change", hear);
  model.on("change", draw);
  draw();
  send("drawn");
  return () => {
    clearInterval(tick);
    clearTimeout(held);
    model.off("change", hear);
    model.off("change", draw);
  };
}

export default { render };
