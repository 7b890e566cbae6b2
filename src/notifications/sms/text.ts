/** Letters that travel at seven bits each (3GPP TS 23.038 §6.2.1, without its two-place extensions). */
const GSM_7 = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/;
const PLACES_GSM_7 = 160;
/** Any other letter makes the whole message UCS-2; Cyrillic always does. */
const PLACES_UCS_2 = 70;

/** True when the text is one message on a phone, and so is paid for once. */
export function fitsOneSms(text: string): boolean {
  return text.length <= (GSM_7.test(text) ? PLACES_GSM_7 : PLACES_UCS_2);
}
