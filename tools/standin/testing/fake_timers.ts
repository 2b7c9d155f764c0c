// @ts-types="./fake_timers.d.ts"
export { withGlobal } from "npm:@sinonjs/fake-timers@15.5.0";
