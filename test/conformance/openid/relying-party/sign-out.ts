/** Sending a person to the end-session endpoint, and what follows. */
import assert from 'node:assert/strict';
import { hiddenFields } from '../../../support/relying-party';
import type { Trial } from '../module';
import { endpoint } from './metadata';
import { ask, authorizationPath, shown, visit, type View } from './request';

/** Opens the end-session endpoint and says yes to signing out, if that is asked. */
export async function signOut(trial: Trial, parameters: Record<string, string>): Promise<View> {
  const query = new URLSearchParams(parameters).toString();
  const view = await visit(trial, `${endpoint(trial.metadata, 'end_session')}?${query}`);
  if (view.kind !== 'page' || !view.answer.body.includes('name="xsrf"')) return view;
  const action = /<form[^>]* action="([^"]*)"/.exec(view.answer.body)?.[1] ?? '';
  const answer = await trial.browser.post(action, { ...hiddenFields(view.answer.body), logout: 'yes' });
  if (answer.location === undefined) return { kind: answer.status >= 400 ? 'error' : 'page', answer };
  const url = new URL(answer.location);
  return url.origin === trial.place.issuer ? visit(trial, url.pathname + url.search) : { kind: 'back', url };
}

/** Whether somebody is signed in in this browser, as prompt=none tells. */
export async function isSignedIn(trial: Trial): Promise<boolean> {
  const view = await visit(trial, authorizationPath(trial, ask(trial, { prompt: 'none' }).parameters));
  assert.ok(view.kind === 'back', `prompt=none shows no page: ${shown(view)}`);
  return view.url.searchParams.has('code');
}
