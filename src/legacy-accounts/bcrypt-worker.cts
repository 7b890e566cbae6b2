/**
 * One check of a bcrypt hash in a thread of its own: the library is plain JavaScript, and would hold up everybody
 * else. Node runs this file as it stands in development, and as bcrypt-worker.cjs once built.
 */
type Threads = typeof import('node:worker_threads');

const { parentPort, workerData }: Threads = require('node:worker_threads');
const bcrypt: typeof import('bcryptjs') = require('bcryptjs');

parentPort?.postMessage(bcrypt.compareSync(workerData.password, workerData.hash));
