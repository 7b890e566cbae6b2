/** After the last test: ends exactly what the bench started. */
import { stopEverything } from './running';

export = stopEverything;
