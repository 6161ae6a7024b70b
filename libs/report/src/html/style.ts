/**
 * The page's own style: light and dark, narrow and wide, on paper. Colours of text keep a contrast of 4.5 and above.
 */
export const STYLE = `
:root { color-scheme: light dark; --ink: #16202b; --soft: #51606f; --line: #c9d2da; --paper: #ffffff; --panel: #f4f6f8;
  --good: #0a6b3d; --bad: #a8201a; --warn: #7a4b00; --s0: #51606f; --s1: #0b62a8; --s2: #b2541a; --s3: #17784a; --s4: #7a3ea8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #a9b6c3; --line: #3c4853; --paper: #12181e;
  --panel: #1b232b; --good: #5fd39a; --bad: #ff9a93; --warn: #f0c070; --s0: #a9b6c3; --s1: #6db6f2; --s2: #f2a36d; --s3: #68d39d; --s4: #cf9df5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 68rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
.quiet { color: var(--soft); } .passed { color: var(--good); } .failed { color: var(--bad); } .warned { color: var(--warn); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--panel); border-radius: .5rem; padding: .75rem; } .tiles strong { display: block; font-size: 1.15rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; } caption { text-align: left; color: var(--soft); }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; overflow-wrap: normal; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tbody th { white-space: normal; min-width: 9rem; } td.words { white-space: normal; text-align: left; }
figure { margin: 1rem 0; } figcaption { color: var(--soft); font-size: .9rem; } svg { max-width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 12px; font-family: system-ui, sans-serif; } svg .grid { stroke: var(--line); }
code { font-size: .85rem; } pre { background: var(--panel); padding: .75rem; border-radius: .5rem; overflow-x: auto; font-size: .85rem; }
details { margin: .5rem 0; } summary { cursor: pointer; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; display: inline-block; margin: 0 0 .5rem; } label { margin-right: 1rem; }
#graph { position: relative; height: 32rem; max-height: 80vh; overflow: auto; border: 1px solid var(--line); border-radius: .5rem; background: var(--panel); }
#graph svg { position: absolute; left: 0; max-width: none; } #graph .edge { stroke: var(--soft); fill: none; stroke-width: 1.2; }
#legend ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: 0 0 .5rem; } #legend ul[hidden] { display: none; }
.swatch { display: inline-block; width: .75rem; height: .75rem; border: 1px solid var(--ink); border-radius: 2px; margin-right: .35rem; }
#graph .row { cursor: pointer; } #graph .chosen { fill: var(--line); } #layer { min-height: 3rem; }
@media print { #graph { display: none; } }
`;
