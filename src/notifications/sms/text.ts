/** Letters that travel at seven bits each (3GPP TS 23.038 §6.2.1, without its two-place extensions). */
const GSM_7 = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/;

/** Places of one message, and of each part of a longer one. Any letter beside those above makes the whole UCS-2. */
const PLACES = {
  'GSM-7': { alone: 160, part: 153 },
  'UCS-2': { alone: 70, part: 67 },
} as const;

export interface SmsSize {
  encoding: keyof typeof PLACES;
  /** Places taken: letters in GSM-7, UTF-16 units in UCS-2. */
  length: number;
  /** Messages that are paid for. */
  parts: number;
}

/** What the text costs to send. Signs of the extension table count as UCS-2, which is never too little. */
export function smsSize(text: string): SmsSize {
  const encoding = GSM_7.test(text) ? 'GSM-7' : 'UCS-2';
  const { alone, part } = PLACES[encoding];
  const { length } = text;
  return { encoding, length, parts: length <= alone ? 1 : Math.ceil(length / part) };
}

/** True when the text is one message on a phone, and so is paid for once. */
export function fitsOneSms(text: string): boolean {
  return smsSize(text).parts === 1;
}
