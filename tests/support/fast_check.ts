import fc from "fast-check-package";

// By itself fast-check takes `maxLength: 120` for a bound and makes lists of ten at most, five on average: no schedule
// is then long enough to open a circuit, close it and open it again. A list as long as a test allows is what it means.
fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });

export type { Parameters } from "fast-check-package";
export default fc;
