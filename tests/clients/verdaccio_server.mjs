// Runs Verdaccio on a free port and tells which: node verdaccio_server.mjs FOLDER_WITH_NODE_MODULES CONFIG
import { createRequire } from "node:module";
import process from "node:process";

const [folder, config] = process.argv.slice(2);
const { runServer } = createRequire(`${folder}/`)("verdaccio");
const server = await runServer(config);
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
