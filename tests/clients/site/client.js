// What pages do in a browser; tests call these functions by their names.

/** Shows that the script ran. */
export function greet() {
  document.getElementById("status").textContent = "The script ran. Größe: 10 µm ✓";
}

/** The colour of a pixel of the image, as [red, green, blue]. */
export async function pixel([x, y]) {
  const image = document.getElementById("gradient");
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return [...context.getImageData(x, y, 1, 1).data.slice(0, 3)];
}

/** Bytes that look random, and are the same each time. */
function noise(length) {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = 1;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

async function digestOf(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends bytes to a path; gives their digest and the answer. */
export async function upload({ path, length }) {
  const bytes = noise(length);
  const response = await fetch(path, { method: "POST", body: bytes });
  return { sent: await digestOf(bytes), status: response.status, answer: await response.text() };
}

/** The same as a stream of unknown length, which browsers send over HTTP/2 alone. */
export async function uploadStream({ path, length }) {
  const bytes = noise(length);
  let at = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (at >= length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + 65_536));
      at += 65_536;
    },
  });
  const response = await fetch(path, { method: "POST", body, duplex: "half" });
  return { sent: await digestOf(bytes), status: response.status, answer: await response.text() };
}

/** Sends a form with a file in it; gives the file's digest and the answer. */
export async function uploadForm({ path, length }) {
  const bytes = noise(length);
  const form = new FormData();
  form.set("title", "Größe ✓");
  form.set("file", new File([bytes], "noise.bin"));
  const response = await fetch(path, { method: "POST", body: form });
  return { sent: await digestOf(bytes), answer: await response.json() };
}

/** Begins an upload that never ends by itself, and leaves it when the server has begun to read. */
export async function abortUpload({ path, length }) {
  const controller = new AbortController();
  const outcome = fetch(path, { method: "POST", body: noise(length), signal: controller.signal })
    .then(() => "answered", (error) => error.name);
  await (await fetch("/begun")).text();
  controller.abort();
  return await outcome;
}

/** Reads the first bytes of an answer, then leaves. */
export async function abortDownload(path) {
  const controller = new AbortController();
  const response = await fetch(path, { signal: controller.signal });
  const reader = response.body.getReader();
  const { value } = await reader.read();
  controller.abort();
  const outcome = await reader.closed.then(() => "whole", (error) => error.name);
  return { first: new TextDecoder().decode(value), outcome };
}

/** Leaves before there is a head. */
export async function abortWait(path) {
  const controller = new AbortController();
  const outcome = fetch(path, { signal: controller.signal })
    .then(() => "answered", (error) => error.name);
  await (await fetch("/begun")).text();
  controller.abort();
  return await outcome;
}

/** How a download ends: its text, or the name of the error. */
export async function download(path) {
  const response = await fetch(path);
  return await response.text().catch((error) => error.name);
}

/** Asks for many things at once; gives the answers in the order of the questions. */
export function inParallel({ path, count }) {
  const ask = async (_, number) => {
    const response = await fetch(`${path}?${number}`);
    return { status: response.status, text: await response.text() };
  };
  return Promise.all(Array.from({ length: count }, ask));
}

/** The fields of an answer as [name, value], and its text. */
export async function read({ path, cache }) {
  const response = await fetch(path, { cache });
  return { fields: [...response.headers], text: await response.text() };
}

/** Takes events until one of the type "last" comes, and tells the server of each as soon as it is there. */
export function events(path) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(path);
    const seen = [];
    const take = ({ type, data, lastEventId }) => {
      seen.push({ type, data, id: lastEventId });
      if (type === "last") {
        source.close();
        resolve(seen);
      } else {
        fetch(`/seen?${lastEventId}`, { method: "POST" }).catch(reject);
      }
    };
    source.addEventListener("message", take);
    source.addEventListener("last", take);
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) reject(new Error("The events were refused"));
    });
  });
}

/** A WebSocket that is open; rejects when it is refused. */
function openSocket(path, protocols = []) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, protocols);
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error("The WebSocket was refused"));
  });
}

function nextMessage(socket) {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(data);
    socket.onclose = ({ code }) => reject(new Error(`The WebSocket closed with ${code}`));
  });
}

function closing(socket) {
  return new Promise((resolve) => {
    socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
  });
}

/** Sends texts and bytes through an echo, and tells of each whether it came back the same. */
export async function echo({ path, protocols, lengths }) {
  const socket = await openSocket(path, protocols);
  const { protocol, extensions } = socket;
  const same = [];
  for (const length of lengths) {
    const text = "ä".repeat(length);
    let answer = nextMessage(socket);
    socket.send(text);
    same.push(await answer === text);
    const bytes = noise(length);
    answer = nextMessage(socket);
    socket.send(bytes);
    same.push(await digestOf(await answer) === await digestOf(bytes));
  }
  const closed = closing(socket);
  socket.close(3001, "done ✓");
  return { protocol, extensions, same, closed: await closed };
}

/** Opens a WebSocket and tells how the server closes it. */
export async function closedBy(path) {
  return await closing(await openSocket(path));
}

/** Opens a WebSocket and keeps it for as long as the page is there. */
export async function keepSocket(path) {
  globalThis.kept = await openSocket(path);
}

/** What becomes of a WebSocket that the server does not want. */
export async function refusedSocket(path) {
  return await openSocket(path).then(() => "open", ({ message }) => message);
}

/** The protocol that a loaded thing came over, as ALPN names it. */
export function protocolOf(path) {
  const { href } = new URL(path, location.href);
  const entry = performance.getEntriesByName(href)[0];
  return entry?.nextHopProtocol ?? "not loaded";
}
