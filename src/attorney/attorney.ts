/**
 * Powers of attorney: paper ones as scans, and machine-readable ones (МЧД) with their signature. This folder owns
 * what is accepted, where the bytes lie, and what became of each; it does not decide about applications, and
 * knows neither memberships nor registrations beyond their ids.
 */
import type { Row } from '../storage/tables';
import type { MchdFacts } from './contents/mchd';

export type Power = Row<'powersOfAttorney'>;
export type PowerFile = Row<'powerFiles'>;

/** Whose it is: somebody without an account yet, or an application. */
export type PowerOwner = { registrationId: string } | { membershipId: string };

/** A file as it arrived; nothing about it is believed yet. */
export interface Upload {
  name: string;
  /** As the browser declares it; may be empty. */
  mediaType: string;
  bytes: Buffer;
}

/** A file whose content was looked at. */
export interface CheckedFile {
  part: PowerFile['part'];
  mediaType: string;
  /** Fit for a page, a header and a folder. */
  name: string;
  bytes: Buffer;
}

export interface CheckedPower {
  kind: Power['kind'];
  files: CheckedFile[];
  /** What a machine-readable one says. */
  facts: MchdFacts | undefined;
}

/** Why it is not accepted; a person reads `problem.<code>` of views/texts. */
export type PowerProblem =
  | 'mchd_fns'
  | 'mchd_format'
  | 'mchd_pair'
  | 'mchd_signature'
  | 'mchd_unreadable'
  | 'power_active'
  | 'power_closed'
  | 'power_damaged'
  | 'power_encrypted'
  | 'power_infected'
  | 'power_mixed'
  | 'power_name'
  | 'power_pixels'
  | 'power_quota'
  | 'power_required'
  | 'power_scan_unavailable'
  | 'power_storage_unavailable'
  | 'power_too_large'
  | 'power_too_many'
  | 'power_tries'
  | 'power_type';

export interface PowerFault {
  problem: PowerProblem;
  /** The file it is about, where it is about one. */
  file?: string;
}

const MIB = 1024 * 1024;

export const LIMITS = {
  /** Bytes of one page, and of all files together. */
  file: 10 * MIB,
  total: 25 * MIB,
  /** Bytes of the XML and of its signature. */
  mchd: MIB,
  /** Files of one paper power of attorney. */
  pages: 10,
  /** Width × height of a picture. */
  pixels: 50_000_000,
  /** Attached in 24 hours by one owner. */
  daily: 5,
  /** Files sent in an hour by one owner, refused ones too: looking at them takes a processor and the antivirus. */
  hourlyTries: 30,
} as const;

/** A file's size as pages show it: whole units of 1024 bytes, at least one. */
export const kibibytes = (bytes: number): number => Math.max(1, Math.round(bytes / 1024));

/** Days that a replaced one is kept, in case it was replaced by mistake. */
export const REPLACED_DAYS = 30;
/** Days that those of an application or a membership are kept after it has ended. */
export const ENDED_DAYS = 30;
/** Seconds after which one that never reached its owner was left behind by a node that died. */
export const ABANDONED_SECONDS = 3600;

/** One power of attorney as people see it. */
export interface PowerView {
  id: string;
  kind: Power['kind'];
  state: Power['state'];
  facts: MchdFacts | undefined;
  addedAt: Date;
  validUntil: Date | null;
  decidedAt: Date | null;
  decidedBy: string | null;
  files: PowerFile[];
}

const LONGEST_NAME = 100;

/**
 * A file's name without what could mislead a page, a header or a shell: folders, control and direction characters,
 * and signs that a file system refuses. Never used as a path of ours.
 */
export function tidyName(name: string): string {
  const tidy = name
    .normalize('NFC')
    .replace(/^.*[/\\]/s, '')
    .replace(/[\p{C}\u2028\u2029]/gu, '')
    // Browsers write quotes and line ends so (WHATWG HTML, multipart/form-data encoding).
    .replace(/%(?:22|0d|0a)/gi, '_')
    .replace(/[<>:"|?*;%]/g, '_')
    .trim();
  const dot = tidy.lastIndexOf('.');
  const ending = dot > 0 ? tidy.slice(dot).slice(0, 10) : '';
  const stem = dot > 0 ? tidy.slice(0, dot) : tidy;
  return `${[...stem].slice(0, LONGEST_NAME - ending.length).join('') || 'file'}${ending}`.replace(
    /\p{Cs}/gu,
    '',
  );
}

/** The ending of a name in small letters, without its dot; empty when there is none. */
export function endingOf(name: string): string {
  return /\.([\p{L}\p{N}]{1,10})$/u.exec(name.trim())?.[1]?.toLowerCase() ?? '';
}
