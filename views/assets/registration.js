'use strict';
// Adds to the wizard's pages: the company while its numbers are typed, and another message without leaving the page.

/** Sends the form's token and more to our own server; undefined when no answer came that can be used. */
async function askServer(form, address, fields) {
  const body = new URLSearchParams({ form_token: form.elements.form_token.value, ...fields });
  const headers = { Accept: 'application/json' };
  const response = await fetch(address, { method: 'POST', body, headers }).catch(() => undefined);
  return response && response.ok ? response.json().catch(() => undefined) : undefined;
}

for (const tick of document.querySelectorAll('[data-turns-off]')) {
  const field = document.getElementById(tick.dataset.turnsOff);
  const turn = () => {
    field.disabled = tick.checked;
  };
  tick.addEventListener('change', turn);
  turn();
}

for (const place of document.querySelectorAll('[data-company]')) {
  const inn = document.getElementById('inn');
  const kpp = document.getElementById('kpp');
  const ownName = document.querySelector('[data-company-name]');
  const PAUSE_MS = 400;
  let timer;
  let asked = '';

  // The server reads numbers more kindly; here it is enough to know when one is complete.
  const bare = (field) => field.value.replace(/[\s\p{Cf}\p{Pd}\u2212]/gu, '').replace(/[OoОо]/g, '0');
  const isPerson = () => /^\d{12}$/.test(bare(inn));

  const say = (text, name) => {
    place.replaceChildren();
    if (!text) return;
    const line = document.createElement('p');
    if (name) {
      const label = document.createElement('strong');
      label.textContent = text;
      line.append(label, document.createElement('br'), name);
    } else line.textContent = text;
    place.append(line);
  };

  const show = (answer) => {
    if (answer.found === undefined) return;
    ownName.hidden = answer.found;
    if (!answer.found) say(place.dataset.companyUnknown);
    else if (answer.closed) say(place.dataset.companyClosed);
    else if (answer.name === null) say(place.dataset.companyPerson);
    else say(place.dataset.companyLabel, answer.name);
  };

  const ask = async () => {
    const complete = isPerson() || (/^\d{10}$/.test(bare(inn)) && bare(kpp).length === 9);
    const question = complete ? `${bare(inn)} ${isPerson() ? '' : bare(kpp)}` : '';
    if (question === asked) return;
    asked = question;
    say('');
    if (!complete) return;
    const numbers = { inn: inn.value, kpp: isPerson() ? '' : kpp.value };
    const answer = await askServer(inn.form, place.dataset.company, numbers);
    // Meanwhile other numbers may stand there.
    if (answer && asked === question) show(answer);
  };

  const turnKpp = () => {
    kpp.disabled = isPerson();
    kpp.closest('.field').hidden = kpp.disabled;
  };
  for (const field of [inn, kpp])
    field.addEventListener('input', () => {
      turnKpp();
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE_MS);
    });
  turnKpp();
  if (!place.textContent.trim()) void ask();
}

for (const place of document.querySelectorAll('[data-resend]')) {
  const { wait, later, sent, tooSoon, tooMany } = place.dataset;
  const button = place.querySelector('button');
  const said = place.querySelector('[role="status"]');
  const when = place.querySelector('[data-resend-when]');
  const now = button.textContent;
  let until = 0;
  let timer;

  const left = () => Math.ceil((until - Date.now()) / 1000);
  const draw = () => {
    const seconds = left();
    const waits = seconds > 0;
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    button.textContent = waits ? later.replace('{time}', time) : now;
    // Not `disabled`, which would take the focus away.
    button.setAttribute('aria-disabled', String(waits));
    clearTimeout(timer);
    if (waits) timer = setTimeout(draw, 250);
  };
  const count = (seconds) => {
    until = Date.now() + seconds * 1000;
    draw();
  };

  button.addEventListener('click', async (event) => {
    event.preventDefault();
    if (left() > 0) return;
    // A second press while the first is on its way.
    count(5);
    const { form } = button;
    const answer = await askServer(form, form.getAttribute('action'), { action: 'resend' });
    if (answer && answer.page) {
      // The new code is typed on a page of its own.
      location.assign(answer.page);
      return;
    }
    const texts = { sent, too_soon: tooSoon, too_many_messages: tooMany };
    if (!answer || !texts[answer.outcome]) {
      // The page's own way: the server says what is wrong, or leads to the page that is due.
      form.requestSubmit(button);
      return;
    }
    said.textContent = texts[answer.outcome];
    count(answer.wait);
  });
  // The button says it itself now.
  if (when) when.hidden = true;
  count(Number(wait));
}
