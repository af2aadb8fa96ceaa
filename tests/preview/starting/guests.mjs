// Providers and proxies of previews as guests of one process, which has read their modules: `node guests.mjs SOCKET`.
// Who connects to the socket says in a line what is to run; it ends when the connection does. The process ends with its
// standard input.

import { AsyncLocalStorage } from "node:async_hooks";
import { closeSync, openSync, writeSync } from "node:fs";
import { createServer, Server } from "node:net";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const guests = new AsyncLocalStorage(); // whose code it is that runs
let number = 0;
let turn = Promise.resolve();

class Guest {
  servers = new Set();
  connections = new Set();

  constructor({ command, env, log }) {
    [, this.script, ...this.words] = command;
    this.env = env;
    this.log = openSync(log, "a");
  }

  // Programs read the words and the variables that they are given while they are read themselves.
  async begin() {
    process.argv = [process.execPath, this.script, ...this.words];
    process.env = this.env;
    const address = pathToFileURL(this.script);
    address.search = ++number; // or it would not be read again
    await guests.run(this, () => import(address));
  }

  serve(server) {
    this.servers.add(server);
    const { emit } = server;
    server.emit = (...event) => guests.run(this, () => emit.apply(server, event));
    server.on("connection", (connection) => {
      this.connections.add(connection);
      connection.on("close", () => this.connections.delete(connection));
    });
  }

  end() {
    for (const server of this.servers) server.close();
    for (const connection of this.connections) connection.destroy();
    closeSync(this.log);
    this.log = undefined;
  }
}

const { listen } = Server.prototype;
Server.prototype.listen = function (...where) {
  guests.getStore()?.serve(this);
  return listen.apply(this, where);
};

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = (text, ...how) => {
    const log = guests.getStore()?.log;
    return log === undefined ? write(text, ...how) : Boolean(writeSync(log, text));
  };
}

process.setMaxListeners(0); // each proxy would end with the process
process.stdin.on("end", () => process.exit()).resume();

createServer({ allowHalfOpen: true }, (line) => {
  const ended = new Promise((end) => line.on("end", end));
  createInterface({ input: line }).once("line", (said) => {
    const guest = new Guest(JSON.parse(said));
    turn = turn.then(() => guest.begin()).catch((error) => (writeSync(guest.log, `${error.stack}\n`), line.end()));
    ended.then(() => turn).then(() => (guest.end(), line.end()));
  });
}).listen({ fd: Number(process.argv[2]) });
