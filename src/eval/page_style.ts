/** The look of the evaluation's page, light and dark. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1d2126; --soft: #68717c; --line: #e2e5e9; --paper: #fff;
  --bar: #cfe3f7; --void: #f5f6f8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --soft: #98a1ad; --line: #2f353d; --paper: #15181c; --bar: #24486b;
    --void: #1d2126; }
}
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 64rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 2.5rem 0 .6rem; }
header p, small, .note, figcaption, figure span { color: var(--soft); }
header p { margin: .3rem 0 0; }
small { font-weight: normal; }
.means { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1.5rem; }
.means section { flex: 1 1 12rem; background: var(--void); border-radius: .5rem;
  padding: .9rem 1.1rem; }
.means h2 { margin: 0 0 .4rem; }
.means p { margin: 0; color: var(--soft); }
.means b { display: inline-block; min-width: 3.2rem; color: var(--ink); font-size: 1.15rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: .28rem .7rem; border-bottom: 1px solid var(--line);
  font-weight: normal; }
thead th { color: var(--soft); }
th:first-child { text-align: left; white-space: nowrap; }
td:nth-child(2) { color: var(--soft); }
.bar { background: linear-gradient(var(--bar), var(--bar)) no-repeat left / var(--share) 72%; background-clip: padding-box; border-right: .6rem solid transparent; }
i { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; margin-right: .5rem;
  vertical-align: -.05rem; box-shadow: 0 0 0 1px var(--line); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0;
  margin: 0 0 1rem; }
figure { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem; margin: 0 0 1.6rem; }
figcaption { grid-column: 1 / -1; }
figcaption b { color: var(--ink); margin-right: .6rem; }
img { display: block; width: 100%; height: auto; border-radius: .3rem; }
@media (max-width: 44rem) { figure { grid-template-columns: repeat(2, 1fr); } }
`;
