/** What our pages and mails need of a relying party: its picture, and the way to it. */
import type Router from 'koa-router';
import { clientEntry } from '../clients/client';
import { findClient } from '../clients/store';
import type { Context } from '../http/context';
import type { Database } from '../storage/tables';

interface ClientContext extends Context {
  params: { id: string };
}

/** Adds `/clients/:id/logo` and `/open/:id`. */
export function addRelyingPartyRoutes({
  router,
  db,
  issuer,
}: {
  router: Router;
  db: Database;
  issuer: string;
}): void {
  // From our own origin, so that pages need no third party.
  router.get('/clients/:id/logo', (async (ctx: ClientContext) => {
    const client = await findClient(db, ctx.params.id);
    if (!client?.logo || !client.logoType) return;
    ctx.type = client.logoType;
    ctx.set({ 'Cache-Control': 'public, max-age=300' });
    ctx.body = client.logo;
  }) as unknown as Router.IMiddleware);

  // Mails link here: no link in a mail leads to another host than ours, and a relying party may move.
  router.get('/open/:id', (async (ctx: ClientContext) => {
    const client = await findClient(db, ctx.params.id);
    ctx.status = 303;
    ctx.redirect((client && clientEntry(client.metadata, issuer)) ?? '/');
  }) as unknown as Router.IMiddleware);
}
