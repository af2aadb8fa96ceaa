// What the provider's pages look like: as the hub's do, in light and in dark.

const TEXT = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
export const escape = (text) => String(text).replace(/[&<>"]/g, (character) => TEXT[character]);

const STYLE = `
  :root { color-scheme: light dark; --back: #fff; --text: #212529; --soft: #5c636a; --edge: #ced4da; --bar: #f8f9fa }
  @media (prefers-color-scheme: dark) {
    :root { --back: #212529; --text: #dee2e6; --soft: #adb5bd; --edge: #495057; --bar: #2b3035 }
  }
  * { box-sizing: border-box }
  body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word }
  header { padding: .9rem 1rem; background: var(--bar); font-weight: 600 }
  main { max-width: 36rem; margin: 0 auto; padding: 2rem 1rem 3rem }
  h1 { margin: 0 0 .5rem; font-size: clamp(1.6rem, 6vw, 2.2rem); font-weight: 500; line-height: 1.2 }
  p { margin: 0 0 1.5rem } small, .soft { color: var(--soft) }
  button, .main { font: inherit; cursor: pointer; border-radius: .4rem }
  .main { display: inline-block; padding: .5rem 1.5rem; border: 0; background: #b8500c; color: #fff; text-decoration: none }
  .main:hover { background: #98420a }
  .person { display: flex; gap: 1rem; align-items: center; width: 100%; margin: 0 0 .75rem; padding: .75rem 1rem;
    border: 1px solid var(--edge); background: var(--back); color: var(--text); text-align: left }
  .person:hover { background: var(--bar) }
  .letter { flex: none; width: 2.5rem; height: 2.5rem; border-radius: 50%; background: #b8500c; color: #fff;
    font-size: 1.2rem; line-height: 2.5rem; text-align: center }
  :focus-visible { outline: 3px solid #6ea8fe; outline-offset: 2px }`;

export const page = (title, body) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Example identity provider</title><style>${STYLE}</style>
</head>
<body><header>Example identity provider</header><main><h1>${title}</h1>
${body}
</main></body>
</html>`;
