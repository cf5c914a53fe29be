"""The style sheet of the page: a desk, and paper on it."""

STYLE = """
:root { color-scheme: light; --desk: #d9d5cb; --ink: #23211c; --paper: #fffef9; --trouble: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--desk); color: var(--ink); font: 15px/1.4 system-ui, sans-serif; }
nav { display: flex; flex-wrap: wrap; gap: 8px 32px; align-items: baseline; padding: 12px 24px; background: #2f3b37;
  color: #eef3ef; }
nav h1, nav h2 { margin: 0; font-size: 16px; font-weight: 600; }
nav h2 { font-size: 15px; }
nav a { color: inherit; text-decoration: none; }
nav section { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 12px; margin: 0; padding: 0; list-style: none; opacity: .9; }
nav .trouble { padding: 0 8px; border-radius: 8px; background: var(--trouble); color: #fff; }
.papers { display: flex; flex-wrap: wrap; gap: 28px 24px; align-items: flex-start; padding: 24px; }
.paper { position: relative; padding: 14px 18px 18px; background: var(--paper);
  box-shadow: 0 1px 2px rgba(0, 0, 0, .25), 0 6px 16px rgba(0, 0, 0, .12); }
.paper::after { position: absolute; right: 0; bottom: -8px; left: 0; height: 8px; content: "";
  background: linear-gradient(135deg, var(--paper) 50%, transparent 50%) 0 0 / 12px 8px repeat-x,
    linear-gradient(225deg, var(--paper) 50%, transparent 50%) 0 0 / 12px 8px repeat-x; }
.paper header { margin-bottom: 8px; color: #6f6a5e; font-size: 12px; }
.paper header a { color: inherit; }
.paper pre { margin: 0; font: 13px/1.35 "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace; }
.paper .qr { display: block; margin: 12px auto 0; }
.paper footer { margin-top: 8px; color: #6f6a5e; font-size: 12px; text-align: center; }
.paper.torn footer { color: var(--trouble); }
.paper.torn pre { mask-image: linear-gradient(#000 70%, rgba(0, 0, 0, .25)); }
.empty { margin: 15vh auto; color: #6f6a5e; font-size: 18px; }
"""
