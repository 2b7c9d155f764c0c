/**
 * Preloaded by `deno task start`: ends the program when whoever started it is gone.
 *
 * `deno task` hands SIGTERM and SIGINT on to its program and takes over its exit code. npx does neither: on SIGTERM it
 * and its shell die and leave `deno task` and the program running (measured with npm 10 and 11). So under npx this asks
 * once a second whether that shell is still the parent of `deno task`, and if not sends the program the SIGTERM that
 * npx swallowed. It needs /proc; elsewhere, and without npx, it does nothing.
 *
 * @module
 */

const taskPid = Deno.ppid;

/** The process that started `deno task`, or null where it cannot be told. */
function starterOfTask(): number | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${taskPid}/stat`);
    // "pid (name) state ppid …": the name may hold spaces and parentheses.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}

const starter = starterOfTask();
if (Deno.env.get("npm_command") === "exec" && starter !== null) {
  const timer = setInterval(() => {
    if (starterOfTask() === starter) return;
    clearInterval(timer);
    Deno.kill(Deno.pid, "SIGTERM");
  }, 1000);
  Deno.unrefTimer(timer);
}
