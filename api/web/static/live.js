// Keeps the page true: state always comes from the read models, events only say when to look again.
// After any gap (sleep, restart, another ledger at the same address) everything is read anew.
import { agpt, eventTone, grouped, rounded, sentence, short, tone } from "./words.js";

const FEED_EVENTS = 60;
// One of the first two follows every batch of facts; the chain tile says the same. A transfer stands beside the fact that
// explains it; what nothing explains is in suspense, which health counts.
const UNSHOWN = new Set(["chain.advanced", "chain.finality_advanced", "token.transferred"]);
const ROWS = 1000;
const REFRESH_MS = 400;
const CHECK_MS = 5000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15000;

const at = (id) => document.getElementById(id);
const put = (id, text) => { const place = at(id); if (place.textContent !== text) place.textContent = text; };

async function get(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function show(tag, text, { className, title } = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  if (title) element.title = title;
  return element;
}

// Rows keep their elements: what did not change is not drawn again, so nothing jumps and selections stay.
function fill(bodyOf, rows, keyOf, cellsOf) {
  const body = at(bodyOf).tBodies[0];
  const known = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  rows.forEach((item, index) => {
    const key = keyOf(item);
    const print = JSON.stringify(item);
    let row = known.get(key);
    known.delete(key);
    if (!row) { row = document.createElement("tr"); row.dataset.key = key; }
    if (row.dataset.print !== print) {
      row.dataset.print = print;
      row.replaceChildren(...cellsOf(item));
    }
    if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
  });
  known.forEach((row) => row.remove());
  at(`${bodyOf}-empty`).hidden = rows.length > 0;
}

const idCell = (id) => { const cell = show("td"); cell.append(show("span", short(id), { className: "id", title: id })); return cell; };
const count = (n) => show("td", grouped(n), { className: n ? "number" : "number zero" });
const amount = (wei) => show("td", rounded(wei), { className: wei === "0" ? "number zero" : "number", title: `${wei} wei` });

function badge(state, note) {
  const cell = show("td");
  cell.append(show("span", state, { className: `badge ${tone(state)}`, title: note }));
  return cell;
}

const NODE_ORDER = { active: 0, jailed: 1, unknown: 2, exited: 3 };

function drawNodes(nodes) {
  const busy = nodes.filter((node) => node.task_id);
  put("nodes-note", nodes.length ? (busy.length ? `${busy.length} at work` : "none at work now") : "");
  const sorted = nodes.toSorted((a, b) => NODE_ORDER[a.status] - NODE_ORDER[b.status] || (a.node < b.node ? -1 : 1));
  fill("nodes", sorted, (node) => `${node.node}@${node.network}`, (node) => {
    const work = show("td", node.task_id ? undefined : "–", { className: node.task_id ? "" : "zero" });
    if (node.task_id) {
      work.append(
        show("span", node.assignment_state, { className: `badge ${tone(node.assignment_state)}` }), " ",
        show("span", short(node.task_id), { className: "id", title: node.task_id }),
      );
    }
    return [idCell(node.node), badge(node.status, node.metadata_uri), work, count(node.completed_count), count(node.slashed_count)];
  });
}

function drawStakes(stakes) {
  const held = stakes.filter((stake) => stake.stake_wei !== "0" || stake.credit_wei !== "0");
  const sorted = held.toSorted((a, b) => b.stake_wei.length - a.stake_wei.length || (b.stake_wei > a.stake_wei ? 1 : -1));
  fill("stakes", sorted, (stake) => `${stake.account}@${stake.network}`, (stake) => [
    idCell(stake.account), amount(stake.stake_wei), amount(stake.available_wei), amount(stake.locked_wei), amount(stake.unbonding_wei), amount(stake.credit_wei),
  ]);
}

const sum = (networks, member) => networks.reduce((total, network) => total + BigInt(network[member]), 0n).toString();

function drawOverview(overview, health) {
  put("position", grouped(health.position));
  const lag = Math.max(0, ...health.projections.map((projection) => projection.lag));
  put("position-note", lag ? `read models ${grouped(lag)} behind` : "events, read models up to date");
  const nodes = overview.nodes;
  put("node-count", grouped((nodes.active ?? 0) + (nodes.jailed ?? 0)));
  put("node-note", `${nodes.active ?? 0} active, ${nodes.jailed ?? 0} jailed, ${nodes.exited ?? 0} left`);
  put("stake-total", agpt(sum(overview.networks, "stake_wei"), 2));
  put("slash-total", agpt(sum(overview.networks, "slashed_wei"), 2));
  const anomalies = overview.networks.reduce((total, network) => total + network.anomaly_count, 0);
  put("slash-note", anomalies ? `AGPT; ${anomalies} anomalies` : "AGPT taken for faults");
  const chain = health.chains.at(-1);
  put("block", chain?.last_block == null ? "–" : grouped(chain.last_block));
  const follower = { following: "following", waiting: "waiting for the node", halted: "halted: a final block was replaced", stopped: "stopped", none: "not followed here" };
  put("block-note", chain ? `chain ${chain.chain_id}, ${follower[health.follower.state]}` : "no chain yet");
  at("block-note").title = health.follower.detail;
  drawBoard(overview.tasks);
}

const STATES = ["idle", "assigned", "verifying", "completed", "refunded"];

function drawBoard(tasks) {
  const total = STATES.reduce((all, state) => all + (tasks[state] ?? 0), 0);
  put("board-note", total ? `${grouped(total)} posted` : "none posted yet");
  const bar = at("board-bar");
  const legend = at("board-legend");
  STATES.forEach((state, index) => {
    const n = tasks[state] ?? 0;
    bar.children[index].hidden = n === 0;
    bar.children[index].style.flexGrow = String(n);
    legend.children[index].querySelector("b").textContent = grouped(n);
  });
}

// The feed

let paused = false;
let held = [];

function feedItem(event, isNew) {
  const [title, detail] = sentence(event);
  const item = show("li", undefined, { className: isNew ? "new" : "" });
  item.dataset.position = event.position;
  const text = show("div");
  text.append(
    show("p", title, { className: `what ${eventTone(event.type)}`, title: event.type }),
    show("p", detail || "\u00a0", { className: "detail", title: event.stream }),
  );
  item.append(show("span", grouped(event.position), { className: "at" }), text);
  return item;
}

function drawFeed(events, { anew = false } = {}) {
  const feed = at("feed");
  if (anew) feed.replaceChildren();
  const newest = Number(feed.firstElementChild?.dataset.position ?? 0);
  const fresh = events.filter((event) => event.position > newest && !UNSHOWN.has(event.type)).slice(-FEED_EVENTS);
  // A reader who scrolled down keeps the lines that are being read.
  const before = feed.scrollTop > 8 ? feed.scrollHeight : null;
  feed.prepend(...fresh.toReversed().map((event) => feedItem(event, !anew)));
  while (feed.children.length > FEED_EVENTS) feed.lastElementChild.remove();
  if (before !== null) feed.scrollTop += feed.scrollHeight - before;
  at("feed-empty").hidden = feed.children.length > 0;
}

at("pause").addEventListener("click", (click) => {
  paused = !paused;
  click.currentTarget.setAttribute("aria-pressed", String(paused));
  click.currentTarget.textContent = paused ? "Resume" : "Pause";
  if (!paused) { drawFeed(held); held = []; }
});

// Reading and following

let source = null;
let arrived = [];
let timer = 0;
let reading = false;
let retryMs = FIRST_RETRY_MS;
let position = 0;

function link(state, text) { at("link").dataset.state = state; put("link-text", text); }

function linkOf(health) {
  if (health.status === "failing") link("failing", "something is wrong, see health");
  else if (health.follower.state === "waiting") link("waiting", "live, the chain does not answer");
  else link("live", "live");
}

// Read models follow the log by moments, so a reading that is behind is repeated.
async function refresh() {
  timer = 0;
  if (reading) return;
  reading = true;
  try {
    const events = arrived;
    arrived = [];
    if (events.length) paused ? (held = held.concat(events).slice(-FEED_EVENTS)) : drawFeed(events);
    const [health, overview, nodes, stakes] = await Promise.all([
      get("/v1/health"), get("/v1/overview"), get(`/v1/nodes?limit=${ROWS}`), get(`/v1/stakes?limit=${ROWS}`),
    ]);
    if (health.position < position) throw new Error("another ledger");
    position = health.position;
    drawOverview(overview, health);
    drawNodes(nodes.items);
    drawStakes(stakes.items);
    linkOf(health);
    if (arrived.length || overview.position < health.position) later();
  } catch {
    lost();
  } finally {
    reading = false;
  }
}

function later() { if (!timer) timer = setTimeout(refresh, REFRESH_MS); }

function lost() {
  if (!source) return;
  source.close();
  source = null;
  link("waiting", "reconnecting");
  setTimeout(begin, retryMs);
  retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
}

async function begin() {
  try {
    const { position: head } = await get("/v1/health");
    const page = await get(`/v1/events?limit=${2 * FEED_EVENTS}&after=${Math.max(0, head - 2 * FEED_EVENTS)}`);
    drawFeed(page.items, { anew: true });
    position = 0;
    arrived = [];
    source = new EventSource(`/v1/events/stream?after=${page.next}`);
  } catch {
    link("waiting", "no answer, trying again");
    setTimeout(begin, retryMs);
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    return;
  }
  source.onopen = () => { retryMs = FIRST_RETRY_MS; };
  source.onmessage = (message) => { arrived.push(JSON.parse(message.data)); if (arrived.length > 4 * FEED_EVENTS) arrived.splice(0, FEED_EVENTS); later(); };
  // The browser would come back by itself and resume, but not after a refusal, and not knowing that the ledger at this
  // address may be another one by now. Beginning anew is right in every case.
  source.onerror = lost;
  refresh();
}

// Also without events something may change: a chain that stops answering, a projection that falls behind.
setInterval(() => { if (source && document.visibilityState === "visible") later(); }, CHECK_MS);
begin();
