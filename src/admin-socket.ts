/** Joins the operator's commands to the running app: an entry, because commands need keys and keys are the provider's. */
import { join } from 'node:path';
import type { AdminTools } from './admin/admin';
import { runCli } from './admin/cli';
import { createAdminSocket, type AdminSocket } from './admin/socket';
import type { App } from './app';
import type { Foundation } from './foundation';
import { listSigningKeys, revokeSigningKey, rotateSigningKeys } from './provider/signing-keys';

/** What commands work with. @param changed called after every change of keys, so that a running server takes it up. */
export function adminTools(
  { db, secrets, clock, config, viewsDir }: Foundation,
  changed: () => Promise<void> = () => Promise.resolve(),
): AdminTools {
  const tools = { db, secrets, clock };
  return {
    ...tools,
    config,
    viewsDir,
    keys: {
      list: () => listSigningKeys(db),
      rotate: async (actor) => {
        await rotateSigningKeys(tools, actor);
        await changed();
      },
      revoke: async (kid, actor) => {
        const revoked = await revokeSigningKey(tools, kid, actor);
        if (revoked) await changed();
        return revoked;
      },
    },
  };
}

/**
 * Lets commands reach a server on the embedded database. Undefined on Postgres, where they need no server, and
 * where the socket cannot be made: the server serves people all the same.
 */
export async function serveAdminSocket(app: App): Promise<AdminSocket | undefined> {
  if (!app.embedded) return undefined;
  const { config, log, holder } = app;
  const tools = adminTools(app, () => holder.refresh());
  const socket = createAdminSocket(join(config.dataDir, 'admin.sock'), (argv, io) =>
    runCli(argv, { io, tools: () => Promise.resolve(tools), loadConfig: () => config }),
  );
  try {
    await socket.listen();
    return socket;
  } catch (error) {
    log.warn({ err: error }, 'admin commands cannot reach this server; is the path of DATA_DIR very long?');
    return undefined;
  }
}
