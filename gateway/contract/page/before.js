// The schema library in the reader would probe whether it may compile code; the page's policy says no, and the browser would log the probe.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
