// Whether all clients get their turn: many connections, each of which asks again as soon as it was answered. It tells
// how many answers the connections got, where a load generator tells how long answers took.
//
//     node tests/bench/load/fairness.mjs http://127.0.0.1:8080/ 1000 2
//
// In Node, since Deno as the client would pass some connections over itself.
import net from "node:net";
import process from "node:process";

const [target, connections = "1000", seconds = "2"] = process.argv.slice(2);
if (target === undefined || !(Number(connections) > 0) || !(Number(seconds) > 0)) {
  console.error("Usage: node fairness.mjs URL [CONNECTIONS] [SECONDS]");
  process.exit(2);
}
const { hostname, port, pathname, host } = new URL(target);
const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const HEAD_END = "\r\n\r\n";

class Client {
  answers = 0;
  waits = [];
  #received = "";
  #since = 0;
  #socket;

  static open() {
    return new Promise((resolve, reject) => {
      const client = new Client();
      client.#socket = net.connect(Number(port || 80), hostname, () => resolve(client));
      client.#socket.setNoDelay(true);
      client.#socket.setEncoding("latin1");
      client.#socket.once("error", reject);
      client.#socket.on("data", (text) => client.#take(text));
    });
  }

  ask() {
    this.#since = performance.now();
    this.#socket.write(request);
  }

  /** Stops; who waits has waited until now. */
  end() {
    this.waits.push(performance.now() - this.#since);
    this.#socket.destroy();
  }

  #take(text) {
    this.#received += text;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const length = /^content-length: *(\d+)/im.exec(this.#received.slice(0, headEnd));
    if (length === null) throw new Error("The answer has no Content-Length");
    const end = headEnd + HEAD_END.length + Number(length[1]);
    if (this.#received.length < end) return;
    this.#received = this.#received.slice(end);
    this.answers++;
    this.waits.push(performance.now() - this.#since);
    this.ask();
  }
}

const clients = await Promise.all(Array.from({ length: Number(connections) }, () => Client.open()));
for (const client of clients) client.ask();
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1_000));
for (const client of clients) client.end();

const counts = clients.map(({ answers }) => answers).sort((a, b) => a - b);
const waits = clients.flatMap((client) => client.waits).sort((a, b) => a - b);
const at = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const never = counts.filter((count) => count === 0).length;
const all = counts.reduce((sum, count) => sum + count, 0);
const ms = (value) => `${value.toFixed(1)} ms`;
console.log(`${connections} connections, ${seconds} s: ${all} answers`);
console.log(`never answered: ${never}`);
console.log(`answers each: ${counts[0]} to ${counts.at(-1)}, median ${at(counts, 0.5)}`);
console.log(
  `waits: p50 ${ms(at(waits, 0.5))}, p99 ${ms(at(waits, 0.99))}, longest ${ms(waits.at(-1))}`,
);
