/** Joins the operator's commands to the running app: an entry, because commands need keys and keys are the provider's. */
import { join } from 'node:path';
import type { AdminTools } from '../admin/admin';
import { runCli } from '../admin/cli';
import { createAdminSocket, type AdminSocket } from '../admin/socket';
import type { App } from '../app';
import type { Foundation } from '../foundation';
import { keyUntil, revokeSigningKey, rotateSigningKeys } from '../provider/keys/rotation';
import { JWKS_MAX_AGE, listSigningKeys } from '../provider/keys/signing-keys';
import { PATHS } from '../registration/paths';

/** What commands work with. @param changed called after every change of keys, so that a running server takes it up. */
export function adminTools(
  { db, secrets, clock, config, viewsDir }: Foundation,
  changed: () => Promise<void> = () => Promise.resolve(),
): AdminTools {
  const tools = { db, secrets, clock, config };
  return {
    ...tools,
    viewsDir,
    registrationPaths: Object.keys(PATHS),
    keys: {
      list: async () => (await listSigningKeys(db)).map((key) => ({ ...key, until: keyUntil(key, config) })),
      rotate: async (actor) => {
        const done = await rotateSigningKeys(tools, actor);
        if (done.result === 'early') return done.readyAt;
        await changed();
        return undefined;
      },
      revoke: async (kid, by) => {
        const revoked = await revokeSigningKey(tools, kid, by);
        if (revoked) await changed();
        return revoked;
      },
      maxAge: JWKS_MAX_AGE,
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
