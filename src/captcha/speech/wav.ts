const { max, min, round } = Math;

/** Samples a second of everything spoken here: telephone quality, small to send. */
export const SAMPLE_RATE = 8000;

/** A mono WAV of 16 bits a sample, with the two chunks it needs and none that carries words. Louder than -1…1 is cut. */
export function encodeWav(samples: Float32Array): Buffer {
  const bytes = samples.length * 2;
  const wav = Buffer.alloc(44 + bytes);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(36 + bytes, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(SAMPLE_RATE, 24);
  wav.writeUInt32LE(SAMPLE_RATE * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(bytes, 40);
  for (let index = 0; index < samples.length; index++) {
    wav.writeInt16LE(round(32767 * max(-1, min(1, samples[index] ?? 0))), 44 + index * 2);
  }
  return wav;
}
