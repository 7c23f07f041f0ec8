/** How the status page looks: light or dark as the reader's system has it, readable from 360 px up. */
export const statusPageStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14171c);
  --card: light-dark(#ffffff, #1c2027);
  --line: light-dark(#dfe3e8, #2e343d);
  --ink: light-dark(#1b2027, #e8ebef);
  --quiet: light-dark(#5b6573, #9aa5b3);
  --good: light-dark(#146c3a, #58c98a);
  --warn: light-dark(#8a5300, #f0b45a);
  --bad: light-dark(#b3261e, #ff8a80);
  --bar: light-dark(#3567b8, #6f9fe8);
  --track: light-dark(#e6eaef, #2a303a);
  --notice: light-dark(#fff3d6, #3a2f16);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 20px 24px 40px; max-width: 1500px; background: var(--ground); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums;
}
header { display: flex; flex-wrap: wrap; gap: 4px 24px; align-items: baseline; }
h1 { margin: 0; font-size: 16px; letter-spacing: .02em; }
h2 { display: inline; margin: 0; font-size: 18px; }
h3 { margin: 0; font-size: 14px; }
.quiet { color: var(--quiet); }
.good { color: var(--good); }
.warn { color: var(--warn); }
.bad { color: var(--bad); }
.small { font-size: 12px; }
#summary { margin: 6px 0 18px; font-size: 22px; line-height: 1.3; font-weight: 600; }
#summary::before { content: "\\25CF"; margin-right: 10px; color: var(--quiet); }
#summary.good::before { color: var(--good); }
#summary.warn::before { color: var(--warn); }
#summary.bad::before { color: var(--bad); }
#summary.good, #summary.warn { color: var(--ink); }
.notice { margin: 0 0 16px; padding: 10px 14px; border: 1px solid var(--line); border-radius: 8px; background: var(--notice); }
.notice p { margin: 0 0 8px; }
.notice.bad { color: var(--bad); font-weight: 600; }
.card { margin: 0 0 16px; padding: 14px 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
summary { cursor: pointer; }
dl { display: flex; flex-wrap: wrap; gap: 6px 30px; margin: 12px 0; }
dl div { min-width: 84px; }
dt { color: var(--quiet); font-size: 12px; }
dd { margin: 0; font-size: 17px; font-weight: 600; }
table { width: 100%; border-collapse: collapse; }
th { padding: 6px 14px 6px 0; text-align: left; font-size: 12px; font-weight: 500; color: var(--quiet); white-space: nowrap; }
td { padding: 5px 14px 5px 0; border-top: 1px solid var(--line); vertical-align: top; }
td .small { display: block; }
table[hidden] { display: none; }
tbody th { padding: 5px 14px 5px 0; border-top: 1px solid var(--line); vertical-align: top; font-size: inherit; color: inherit; }
th .small { display: block; font-weight: 400; }
a { color: var(--bar); }
.scroll { overflow-x: auto; }
.number { text-align: right; white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; }
.because { max-width: 44ch; overflow-wrap: anywhere; }
.verdict { font-weight: 600; white-space: nowrap; }
.share { display: flex; align-items: center; gap: 8px; min-width: 150px; }
.share span { flex: none; width: 5ch; text-align: right; }
.track { position: relative; flex: 1; height: 10px; border-radius: 3px; background: var(--track); overflow: hidden; }
.fill { position: absolute; inset: 0 auto 0 0; width: 0; background: var(--bar); transition: width .4s; }
.fill.over { background: var(--warn); }
.third::after {
  content: ""; position: absolute; inset: 0;
  background: linear-gradient(var(--ink) 0 0) 33.33% 0 / 1px 100% no-repeat, linear-gradient(var(--ink) 0 0) 50% 0 / 1px 100% no-repeat,
    linear-gradient(var(--ink) 0 0) 66.67% 0 / 1px 100% no-repeat;
}
.groups { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 18px 34px; }
.losses { margin-top: 18px; }
.losses p { margin: 2px 0; }
.group > p { margin: 2px 0 8px; }
.entity { display: grid; grid-template-columns: minmax(90px, 17ch) 1fr; gap: 10px; padding: 3px 0; }
.entity > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bases { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 18px 0 12px; padding: 12px 0 0; border: 0; border-top: 1px solid var(--line); }
.bases legend { float: left; padding: 0; margin-right: 2px; font-weight: 600; }
form { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; }
button, select, input:not([type=radio], [type=checkbox]) { padding: 4px 10px; max-width: 100%; border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: var(--ink); font: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--bar); outline-offset: 2px; }
ul { margin: 10px 0 0; padding: 0; list-style: none; }
li { padding: 3px 0; }
li button { margin-left: 10px; padding: 1px 8px; }
tbody th .small { max-width: 22ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
#tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr)); gap: 8px; margin: 12px 0 6px; }
#untiled:empty { display: none; }
.tile { padding: 6px 10px 8px; border: 1px solid var(--line); border-left: 4px solid var(--quiet); border-radius: 6px; color: var(--ink); }
.tile.good { border-left-color: var(--good); }
.tile.warn { border-left-color: var(--warn); }
.tile.bad { border-left-color: var(--bad); }
.tile-title, .place { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 8px; align-items: baseline; }
.tile-title em { margin-left: 6px; font-style: normal; font-weight: 400; }
.place { margin-top: 4px; }
.place > :last-child { flex-basis: 100%; }
.place > :first-child { max-width: 60%; }
#glance { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 240px), 1fr)); gap: 16px 28px; }
#glance h2 { font-size: 14px; }
#glance ul { margin-top: 4px; }
#glance li { overflow-wrap: anywhere; }
#glance p { margin: 0; }
.title { display: flex; justify-content: space-between; gap: 12px; }
#upstream h3 { margin-top: 14px; }
#upstream-name:focus { outline: none; }
#upstream-evidence .because { max-width: none; }
#upstream-facts { gap: 10px 30px; }
#upstream-state { font-weight: 600; margin: 6px 0; white-space: normal; }
#order { margin-top: 8px; }
#order-answer { flex-basis: 100%; margin: 0; }
[hidden] { display: none !important; }
.place > :first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.dots { letter-spacing: 2px; flex: none; max-width: 60%; }
.duties { margin: 4px 0 18px; }
.duties > p { margin: 2px 0 8px; }
.duties td.verdict { padding-right: 18px; }
#domains { margin: 8px 0; }
#ordered, #decided { margin-top: 14px; }
#orders { margin-top: 4px; }
#decided h3 { margin-bottom: 4px; }
#decisions td:first-child { width: 11ch; white-space: nowrap; }
@media (max-width: 1000px) {
  body { padding: 16px 12px 32px; }
  th, td { padding-right: 10px; }
  tbody th .small { max-width: 14ch; }
  .share { min-width: 96px; }
}
@media (max-width: 600px) {
  #summary { font-size: 18px; }
  button, select, input:not([type=radio], [type=checkbox]) { min-height: 40px; }
}
@media (min-width: 1800px) {
  body { max-width: 2400px; font-size: 16px; }
  #summary { font-size: 30px; }
  #glance h2 { font-size: 18px; }
  .small, dt, th { font-size: 14px; }
}
@media (prefers-reduced-motion: reduce) { .fill { transition: none; } }
`;
