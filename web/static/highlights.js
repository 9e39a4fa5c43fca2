// Makes the page quicker; without it every form works by itself.
"use strict";

const ROOT = "/highlights";
const byId = (id) => document.getElementById(id);
const TEXTS = document.body.dataset;
const JSON_ANSWER = { Accept: "application/json" };

function say(problems) {
  const place = byId("problems");
  place.replaceChildren(...problems.map((text) => {
    const line = document.createElement("p");
    line.className = "problem";
    line.textContent = text;
    return line;
  }));
  if (problems.length) place.scrollIntoView({ block: "nearest" });
}

async function ask(address, options = {}) {
  try {
    const answer = await fetch(address, { ...options, headers: JSON_ANSWER });
    const told = await answer.json();
    say(told.problems || []);
    return answer.ok ? told : null;
  } catch {
    say([TEXTS.noAnswer]);
    return null;
  }
}

async function part(address) {
  const answer = await fetch(address);
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    say(told.problems || [TEXTS.noAnswer]);
    return null;
  }
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return holder.content;
}

// Songs that are chosen.

function chosen() {
  return [...document.querySelectorAll('#order input[name="song"]:checked')].map((box) => box.value);
}

function showCount() {
  const n = chosen().length;
  byId("count").textContent = n ? TEXTS.chosen.replace("%n", n) : TEXTS.nothingChosen;
  for (const button of document.querySelectorAll('#order button[name="kind"]')) button.disabled = !n;
}

async function showUploads(more = []) {
  const ticked = new URLSearchParams([...chosen(), ...more].map((ref) => ["song", ref]));
  const found = await part(`${ROOT}/uploads?${ticked}`);
  if (found) byId("uploads").replaceChildren(found);
  showCount();
}

// Uploads, one request a file, so that each has its own progress.

function uploadOne(file, line) {
  return new Promise((done) => {
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    line.append(`${file.name} `, bar);
    const form = new FormData();
    form.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", `${ROOT}/uploads`);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    };
    request.onload = () => done(request.response || { problems: [`${file.name}: ${request.status}`] });
    request.onerror = () => done({ problems: [`${file.name}: ${TEXTS.broken}`] });
    request.send(form);
  });
}

async function upload(event) {
  event.preventDefault();
  const form = event.target;
  const most = Number(form.dataset.maxMb) * 1e6;
  const button = form.querySelector("button");
  const problems = [];
  const added = [];
  button.disabled = true;
  for (const file of [...byId("files").files]) {
    if (file.size > most) {
      problems.push(`${file.name}: ${TEXTS.tooLarge}`);
      continue;
    }
    const line = document.createElement("li");
    byId("uploading").append(line);
    const told = await uploadOne(file, line);
    line.remove();
    problems.push(...(told.problems || []));
    added.push(...(told.uploads || []).map((id) => `upload:${id}`));
  }
  button.disabled = false;
  form.reset();
  await showUploads(added);
  say(problems);
}

// Orders and their results.

function merge(job, fresh) {
  // What plays goes on playing: only the status changes, and results are added.
  job.dataset.revision = fresh.dataset.revision;
  job.dataset.state = fresh.dataset.state;
  job.querySelector('[data-part="status"]').replaceWith(fresh.querySelector('[data-part="status"]'));
  const there = new Set([...job.querySelectorAll("[data-key]")].map((one) => one.dataset.key));
  for (const one of fresh.querySelectorAll("[data-key]")) {
    if (!there.has(one.dataset.key)) job.append(one);
  }
}

async function showJob(id) {
  const found = await part(`${ROOT}/jobs/${id}`);
  if (!found) return;
  const fresh = found.querySelector("article");
  const job = byId(`job-${id}`);
  if (job) {
    merge(job, fresh);
  } else {
    const nothing = byId("nothing");
    if (nothing) nothing.remove();
    byId("jobs").prepend(fresh);
  }
  makeReady();
}

let watching = false;

async function watch() {
  if (watching) return;
  watching = true;
  while (document.querySelector('.job[data-state="queued"], .job[data-state="running"]')) {
    await new Promise((done) => setTimeout(done, 700));
    const told = await fetch(`${ROOT}/jobs`).then((answer) => answer.json()).catch(() => null);
    if (!told) continue; // the server starts again, or is gone: orders go on when it is back
    for (const state of told.jobs) {
      const job = byId(`job-${state.id}`);
      if (job && Number(job.dataset.revision) !== state.revision) await showJob(state.id);
    }
  }
  watching = false;
}

async function order(event) {
  const button = event.submitter;
  if (!button || button.name !== "kind") return;
  event.preventDefault();
  const form = new FormData(event.target);
  form.append("kind", button.value);
  const told = await ask(`${ROOT}/jobs`, { method: "POST", body: new URLSearchParams(form) });
  if (!told) return;
  await showJob(told.job);
  byId(`job-${told.job}`).scrollIntoView({ block: "nearest" });
  watch();
}

// Playing.

let stopAt = null;

function playSpan(button) {
  const audio = button.closest(".highlight").querySelector("audio");
  const start = Number(button.dataset.start);
  stopAt = { audio, at: Number(button.dataset.stop) };
  const play = () => {
    audio.currentTime = start;
    audio.play();
  };
  if (audio.readyState >= 1) play();
  else {
    audio.addEventListener("loadedmetadata", play, { once: true });
    audio.load();
  }
}

function makeReady() {
  for (const button of document.querySelectorAll("[data-play][hidden]")) button.hidden = false;
  for (const audio of document.querySelectorAll("audio:not([data-ready])")) {
    audio.dataset.ready = "";
    audio.addEventListener("play", () => {
      for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    });
    audio.addEventListener("timeupdate", () => {
      if (stopAt && stopAt.audio === audio && audio.currentTime >= stopAt.at) {
        audio.pause();
        stopAt = null;
      }
    });
  }
}

document.addEventListener("click", async (event) => {
  const play = event.target.closest("[data-play]");
  const seek = event.target.closest("[data-seek]");
  const remove = event.target.closest("[data-remove]");
  const search = event.target.closest("#search");
  if (play) playSpan(play);
  if (seek) {
    event.preventDefault();
    const audio = seek.closest(".mix").querySelector("audio");
    audio.currentTime = Number(seek.dataset.seek);
    audio.play();
  }
  if (remove) {
    event.preventDefault();
    if (await ask(remove.formAction, { method: "POST" })) await showUploads();
  }
  if (search) {
    event.preventDefault();
    const asked = new URLSearchParams([["q", byId("query").value], ...chosen().map((ref) => ["song", ref])]);
    const found = await part(`${ROOT}/songs?${asked}`);
    if (found) {
      say([]);
      keepTicked(found);
    }
  }
});

function keepTicked(found) {
  // Songs that are chosen already stay, also where this search does not find them.
  const shown = new Set([...found.querySelectorAll('input[name="song"]')].map((box) => box.value));
  const kept = [...byId("found").querySelectorAll('input[name="song"]:checked')]
    .filter((box) => !shown.has(box.value)).map((box) => box.closest("li"));
  byId("found").replaceChildren(found);
  if (kept.length) {
    let list = byId("found").querySelector("ul.songs");
    if (!list) {
      list = document.createElement("ul");
      list.className = "songs";
      byId("found").append(list);
    }
    list.prepend(...kept);
  }
  showCount();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id === "upload") await upload(event);
  else if (form.id === "order") await order(event);
  else if (form.matches("[data-cancel]")) {
    event.preventDefault();
    if (await ask(form.action, { method: "POST" })) await showJob(form.closest(".job").dataset.job);
  } else if (form.matches(".feedback")) {
    event.preventDefault();
    const said = new FormData(form);
    if (event.submitter && event.submitter.name) said.append(event.submitter.name, event.submitter.value);
    const told = await ask(form.action, { method: "POST", body: new URLSearchParams(said) });
    if (told) {
      byId("thanks").textContent = told.thanks;
      if (event.submitter && event.submitter.name) event.submitter.setAttribute("aria-pressed", "true");
      form.reset();
    }
  }
});

byId("query").addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    byId("search").click();
  }
});
document.addEventListener("change", (event) => {
  if (event.target.name === "song") showCount();
});
window.addEventListener("pageshow", showCount);
makeReady();
watch();
