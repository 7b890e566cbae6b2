'use strict';
// Only adds to pages that work without it: focus, one sending of a form, show a password, another captcha in place.

const target = document.querySelector('[data-autofocus]');
if (target) target.focus();

// A second click must not send a form whose captcha the first click has spent.
const PATIENCE_MS = 5000;
let sentAt = -PATIENCE_MS;
document.addEventListener('submit', (event) => {
  if (event.timeStamp - sentAt < PATIENCE_MS) event.preventDefault();
  else sentAt = event.timeStamp;
});
window.addEventListener('pageshow', () => {
  sentAt = -PATIENCE_MS;
});

for (const button of document.querySelectorAll('[data-show-password]')) {
  const fields = button.dataset.showPassword.split(' ').map((id) => document.getElementById(id));
  const labels = { password: button.textContent, text: button.dataset.hideLabel };
  const turn = (type) => {
    for (const field of fields) field.type = type;
    button.textContent = labels[type];
  };
  button.hidden = false;
  button.addEventListener('click', () => turn(fields[0].type === 'password' ? 'text' : 'password'));
  // Browsers remember what was typed into an open text field.
  button.form.addEventListener('submit', () => turn('password'));
}

for (const captcha of document.querySelectorAll('[data-captcha]')) {
  const part = (name) => captcha.querySelector(`[data-captcha-${name}]`);
  const answer = captcha.querySelector('[name="captcha"]');
  const form = answer.form;

  part('refresh').addEventListener('click', async (event) => {
    event.preventDefault();
    const body = new URLSearchParams({ form_token: form.elements.form_token.value });
    const response = await fetch(captcha.dataset.refresh, { method: 'POST', body }).catch(() => undefined);
    if (!response || !response.ok) {
      // The page's own way: the server draws it anew, or says what is wrong.
      form.requestSubmit(part('refresh'));
      return;
    }
    const challenge = await response.json();
    part('picture').src = challenge.picture;
    part('audio').href = challenge.audio;
    part('id').value = challenge.id;
    part('player').pause();
    part('player').hidden = true;
    answer.value = '';
    answer.focus();
  });

  part('audio').addEventListener('click', (event) => {
    event.preventDefault();
    const player = part('player');
    player.src = part('audio').href;
    player.hidden = false;
    player.play().catch(() => undefined);
    answer.focus();
  });
}
