import { createSecrets } from '../../src/secrets';

/** One fixed master key, for tests only. */
export const testSecrets = createSecrets(['test-master-key-of-no-value-0000000000000000']);
