// Fastify with its own proxy plugin, everything else as by default. A target of the bench.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import process from "node:process";

const { LISTEN, TARGET, CERT, KEY, PACKAGES } = process.env;
const require = createRequire(`${PACKAGES}/`);

const https = CERT && KEY ? { cert: readFileSync(CERT), key: readFileSync(KEY) } : null;
const server = require("fastify")({ logger: false, https, keepAliveTimeout: 3_600_000 });
server.register(require("@fastify/http-proxy"), { upstream: TARGET });
const { hostname, port } = new URL(`http://${LISTEN}`);
await server.listen({ host: hostname, port: Number(port) });
