/** µ-law of ITU-T G.711: speech in 8 bits a sample, quiet parts kept finer than loud ones. */

const BIAS = 33;
const CEILING = 8158;

/** One sample from -1 to 1 as a µ-law byte. */
export function toMuLaw(sample: number): number {
  const magnitude = Math.min(CEILING, Math.round(Math.abs(sample) * 8159)) + BIAS;
  const exponent = Math.floor(Math.log2(magnitude)) - 5;
  const mantissa = (magnitude >> (exponent + 1)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}

/** The sample, from -1 to 1, that a µ-law byte stands for. */
export function fromMuLaw(byte: number): number {
  const bits = ~byte & 0xff;
  const exponent = (bits >> 4) & 0x07;
  const magnitude = (((bits & 0x0f) * 2 + BIAS) << exponent) - BIAS;
  return ((bits & 0x80) === 0 ? magnitude : -magnitude) / 8159;
}
