/**
 * Loaded into every server under measurement before its own code (`--require`): answers what the process has
 * used so far, and ends it when the bench is gone.
 */
import type { Usage } from '../servers/usage';

process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  const usage: Usage = { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
  process.send?.(usage);
});
process.on('disconnect', () => process.exit());
// The bench alone must keep no server alive that wants to end.
process.channel?.unref();
