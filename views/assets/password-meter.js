'use strict';
// How good a new password is, while it is typed. Advice only: the server decides, and says why it refuses one.

// More would take long to judge and is good anyway.
const LONGEST = 64;
const PAUSE_MS = 150;
const LEVELS = ['weak', 'weak', 'fair', 'good', 'good'];

let judge;
/** Made when the first letter is typed: it takes a moment, and not everybody comes that far. */
function makeJudge() {
  const { core, 'language-common': common } = window.zxcvbnts;
  return new core.ZxcvbnFactory({
    dictionary: { ...common.dictionary, russian: window.russianWords },
    graphs: common.adjacencyGraphs,
  });
}

for (const meter of document.querySelectorAll('[data-strength]')) {
  const field = document.getElementById(meter.dataset.strength);
  const [bar, text] = meter.children;
  const known = JSON.parse(meter.dataset.words)
    .flatMap((words) => [words, ...words.split(/[^\p{L}\p{N}]+/u)])
    .filter((word) => word.length > 2)
    .concat('port.one', 'portone');
  let timer;

  const level = (password) => {
    if (password.length < Number(meter.dataset.min)) return 'weak';
    judge ??= makeJudge();
    return LEVELS[judge.check(password.slice(0, LONGEST).normalize('NFKC'), known).score];
  };
  const draw = () => {
    const shown = field.value === '' ? '' : level(field.value);
    bar.hidden = shown === '';
    meter.dataset.level = shown;
    const words = shown === '' ? '' : meter.dataset[shown];
    if (text.textContent !== words) text.textContent = words;
  };
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(draw, PAUSE_MS);
  });
  if (field.value !== '') draw();
}
