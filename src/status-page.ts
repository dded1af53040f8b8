/** What `/` shows until there are accounts: that the server runs, and how to ask it for something. */
import type { Config } from './config.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);

export function statusPage(config: Config, origin: string): string {
  const base = escapeHtml(config.publicUrl ?? origin);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Brevet is running</title>
<style>
:root { color-scheme: light dark; --text: #1c2430; --soft: #5b6675; --line: #d9dee6; --paper: #fff; --box: #f4f6f9; --accent: #0d7a5f; }
@media (prefers-color-scheme: dark) { :root { --text: #e8ecf1; --soft: #9aa6b5; --line: #2c3542; --paper: #12161c; --box: #1a2029; --accent: #45c7a2; } }
body { margin: 0; background: var(--paper); color: var(--text); font: 16px/1.6 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 4rem 1.25rem; }
h1 { margin: 0 0 .25rem; font-size: 2rem; letter-spacing: -.02em; }
h1::before { content: ""; display: inline-block; width: .7rem; height: .7rem; margin-right: .6rem; border-radius: 50%; background: var(--accent); vertical-align: .1em; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.1rem; }
p { margin: .5rem 0; color: var(--soft); }
pre { overflow-x: auto; margin: .75rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--box); font: .875rem/1.6 ui-monospace, monospace; color: var(--text); }
@media (max-width: 40rem) { pre { white-space: pre-wrap; overflow-wrap: anywhere; } }
</style>
</head>
<body>
<main>
<h1>Brevet is running</h1>
<p>It ranks the members of your Roblox group when a game, a bot or a script asks it to.</p>
<h2>Promote a player</h2>
<p>Put your own group, key and player in. The answer says which rank the player had and has now.</p>
<pre>curl -X POST ${base}/v1/groups/<em>GROUP</em>/promote \\
  -H "X-Api-Key: <em>wesk_…</em>" -H "Content-Type: application/json" \\
  -d '{"robloxUserId": <em>PLAYER</em>}'</pre>
<h2>Set it up</h2>
<p>Describe your group in a file and apply it, then make a key for your game:</p>
<pre>npm run brevet -- apply workspace.json
npm run brevet -- keys issue SLUG wesk --label Lobby</pre>
<p>Something not working? <code>npm run brevet -- doctor</code> looks at everything and says what to fix.</p>
</main>
</body>
</html>
`;
}
