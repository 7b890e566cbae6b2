/** The name a person signs in with: which kinds a page takes, and the one spelling that all ways to write it share. */
import { parseEmail } from '../accounts/email-address';
import { parseLoginName } from '../accounts/login-name';
import { parsePhone, readCountry, type PhoneCountry } from '../accounts/phone-number';
import type { NameKind } from '../http/interactions';

/** A tab of the page: the phone has a field of its own, all else shares one. */
export type Tab = 'phone' | 'text';

export interface TypedName {
  tab: Tab;
  text: string;
  /** Whose way of writing is meant where a phone has no calling code. */
  country: PhoneCountry;
}

/** The tabs for these kinds of names, in their order. */
export function tabsFor(kinds: readonly NameKind[]): Tab[] {
  return [...new Set(kinds.map((kind): Tab => (kind === 'phone' ? 'phone' : 'text')))];
}

/** The tab that was asked for where there is one, else the one a hint fits, else the first. */
export function chooseTab(kinds: readonly NameKind[], asked: unknown, hint: string | undefined): Tab {
  const tabs = tabsFor(kinds);
  const found = tabs.find((tab) => tab === asked);
  if (found) return found;
  const fits: Tab = hint !== undefined && typeof parsePhone(hint) === 'object' ? 'phone' : 'text';
  return (hint === undefined ? undefined : tabs.find((tab) => tab === fits)) ?? tabs[0] ?? 'text';
}

/** What was typed into the form of a tab. */
export function readTypedName(tab: Tab, form: Readonly<Record<string, string | undefined>>): TypedName {
  const text = (tab === 'phone' ? form.phone : form.identifier) ?? '';
  return { tab, text, country: readCountry(form.country) };
}

/** What is wrong with a name before anybody is looked for; undefined when nothing. */
export function nameProblem(
  kinds: readonly NameKind[],
  { tab, text, country }: TypedName,
): string | undefined {
  if (tab === 'phone') {
    if (!text.trim()) return 'phone_required';
    return typeof parsePhone(text, country) === 'object' ? undefined : 'phone_invalid';
  }
  if (text.trim()) return undefined;
  return kinds.includes('login') ? 'login_required' : 'identifier_required';
}

/**
 * One spelling for all ways to write a name, of the kinds that the page takes. What is no such name gets one that
 * nobody has, so that it is looked for and counted like any other.
 */
export function canonicalName(kinds: readonly NameKind[], { tab, text, country }: TypedName): string {
  const read: Record<NameKind, () => string | undefined> = {
    email: () => parseEmail(text)?.canonical,
    login: () => parseLoginName(text)?.canonical,
    phone: () => {
      const phone = parsePhone(text, tab === 'phone' ? country : 'RU');
      return typeof phone === 'object' ? phone.value : undefined;
    },
  };
  for (const kind of kinds) {
    const canonical = read[kind]();
    if (canonical !== undefined) return canonical;
  }
  // Postgres keeps no U+0000; no name of anybody begins with a space.
  return ` ${text.slice(0, 254).replaceAll('\0', '\uFFFD').normalize('NFKC').trim().toLowerCase()}`;
}
