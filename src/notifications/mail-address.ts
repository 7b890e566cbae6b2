const LOCAL_ATOM = "[\\p{L}\\p{N}!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ADDRESS = new RegExp(`^(?=.{1,64}@)${LOCAL_ATOM}(?:\\.${LOCAL_ATOM})*@(?:${LABEL}\\.)+${LABEL}$`, 'iu');
const MAILBOX = /^([^<>"\p{Cc}]{1,80}) <([^<>]+)>$/u;

/**
 * True for a plain address: dot-atom, "@", a domain name in ASCII (RFC 5321 §4.1.2 without its quoted forms).
 * Quoted local parts, comments, groups and routes are refused, because parsers disagree about where such mail
 * goes (GHSA-mm7p-fcc7-pg87), and so is anything that could end a header line.
 */
export function isMailAddress(text: string): boolean {
  return text.length <= 254 && ADDRESS.test(text);
}

export interface Mailbox {
  name: string;
  address: string;
}

/** Reads `Name <address>` or a bare address. @throws Error when it is neither. */
export function parseMailbox(text: string): Mailbox {
  const [, name = '', address = text] = MAILBOX.exec(text) ?? [];
  if (!isMailAddress(address)) throw new Error(`not a usable sender: ${JSON.stringify(text)}`);
  return { name: name.trim(), address };
}
