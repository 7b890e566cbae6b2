'use strict';
// Only adds to pages that work without it: focus on what is wrong, show a password, another captcha in place.

const target = document.querySelector('[data-autofocus]');
if (target) target.focus();

for (const button of document.querySelectorAll('[data-show-password]')) {
  const field = document.getElementById(button.dataset.showPassword);
  const showLabel = button.textContent;
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = field.type === 'password';
    field.type = shown ? 'text' : 'password';
    button.textContent = shown ? button.dataset.hideLabel : showLabel;
    button.setAttribute('aria-pressed', String(shown));
    field.focus();
  });
}

for (const captcha of document.querySelectorAll('[data-captcha]')) {
  const part = (name) => captcha.querySelector(`[data-captcha-${name}]`);
  const answer = captcha.querySelector('[name="captcha"]');
  const form = captcha.closest('form');

  part('refresh').addEventListener('click', async (event) => {
    event.preventDefault();
    const body = new URLSearchParams({ form_token: form.elements.form_token.value });
    const response = await fetch(captcha.dataset.refresh, { method: 'POST', body }).catch(() => undefined);
    if (!response || !response.ok) {
      // The page's own way: the server draws it anew, or says what is wrong.
      const button = part('refresh');
      form.noValidate = true;
      const marker = Object.assign(document.createElement('input'), {
        type: 'hidden',
        name: button.name,
        value: button.value,
      });
      form.append(marker);
      form.submit();
      return;
    }
    const challenge = await response.json();
    part('picture').src = challenge.picture;
    part('audio').href = challenge.audio;
    part('id').value = challenge.id;
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
