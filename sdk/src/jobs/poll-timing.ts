const INTERVAL_MS_MAX = 5_000;
const GROWTH = 1.5;

/** How long to wait after look number `looks` (from 1): `intervalMs` first, growing, up to 5 s; a little less by `dice`. */
export function pollDelayMs(looks: number, intervalMs: number, dice: number): number {
  const grownMs = intervalMs * GROWTH ** (looks - 1);
  return Math.min(grownMs, Math.max(INTERVAL_MS_MAX, intervalMs)) * (1 - dice / 10);
}
