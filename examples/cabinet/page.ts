/** The cabinet's only page. */

interface PageFacts {
  claims?: Record<string, unknown>;
  note?: string;
  canRefresh: boolean;
}

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const button = (action: string, label: string): string =>
  `<form method="post" action="${action}"><button>${label}</button></form>`;

export function page({ claims, note, canRefresh }: PageFacts): string {
  const body = claims
    ? `<h1>Здравствуйте, ${escape(String(claims.name ?? claims.sub))}</h1>
       <p>Вот что кабинет узнал о вас из токена:</p>
       <dl>${Object.entries(claims)
         .map(
           ([name, value]) =>
             `<dt>${escape(name)}</dt><dd>${escape(typeof value === 'string' ? value : JSON.stringify(value))}</dd>`,
         )
         .join('')}</dl>
       ${canRefresh ? button('/refresh', 'Обновить токены') : ''}
       ${button('/sign-out', 'Выйти из кабинета')}
       ${button('/sign-out-everywhere', 'Выйти отовсюду')}`
    : `<h1>Личный кабинет</h1>
       <p>Это пробный кабинет: он ничего не знает о вас, пока вы не войдёте.</p>
       <p><a class="button" href="/sign-in">Войти</a></p>`;
  return `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Пробный кабинет</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
  body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
  dt { font-weight: 600; } dd { margin: 0 0 .75rem; }
  button, .button { font: inherit; padding: .5rem 1rem; min-height: 2.75rem; margin-bottom: .5rem; }
</style>
</head>
<body><main>
${note ? `<p role="status"><strong>${escape(note)}</strong></p>` : ''}
${body}
</main></body>
</html>`;
}
