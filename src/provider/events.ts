/** What oidc-provider tells of its work, written to the audit and the log. */
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { AuditEntry } from '../audit/audit';
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import { Refusal } from '../errors';
import type { RequestState } from '../http/context';
import type { Logger } from '../log';
import { unavailability } from '../storage/postgres';
import type { Database } from '../storage/tables';

export function observeProvider(
  provider: Provider,
  parts: { db: Database; clock: Clock; log: Logger },
): void {
  const { db, clock, log } = parts;
  const record = (
    ctx: KoaContextWithOIDC,
    entry: Pick<AuditEntry, 'event' | 'actor' | 'subject' | 'details'>,
  ): void => {
    const state = ctx.state as RequestState;
    const common = {
      clientId: ctx.oidc.client?.clientId,
      address: state.address,
      requestId: state.requestId,
    };
    recordEvent(db, { ...common, ...entry }, clock.now()).catch((error: unknown) => {
      log.error({ err: error, event: entry.event }, 'audit row lost');
    });
  };

  provider.on('grant.revoked', (ctx) => {
    if (ctx.oidc.route !== 'token') return;
    // The token endpoint ends a grant for one reason only: something spent was presented again.
    const code = ctx.oidc.params?.grant_type === 'authorization_code';
    const client = `client:${ctx.oidc.client?.clientId ?? ''}`;
    record(ctx, { event: code ? 'code_reuse_detected' : 'token_reuse_detected', actor: client });
  });
  provider.on('interaction.ended', (ctx) => {
    // oidc-provider only ever adds this mark; a person who signs in again and ticks «Запомнить меня» loses it.
    const { session, result } = ctx.oidc;
    if (session && result?.login?.remember) session.transient = undefined;
  });
  provider.on('end_session.success', (ctx) => {
    const accountId = ctx.oidc.session?.accountId;
    // Left at one relying party only, the person stays signed in here.
    if (!accountId || !ctx.oidc.params?.logout) return;
    record(ctx, { event: 'sign_out', actor: `account:${accountId}`, subject: `account:${accountId}` });
  });
  provider.on('backchannel.error', (_ctx, error, client) => {
    log.error({ err: error, clientId: client.clientId }, 'a relying party that was left is not told');
  });
  provider.on('server_error', (ctx, error) => {
    const { requestId } = ctx.state as RequestState;
    const refusal = error instanceof Refusal ? error : unavailability(error);
    if (!refusal) {
      log.error({ err: error, requestId }, 'fault');
      return;
    }
    // A database that went away in the middle of it is no fault of ours.
    ctx.status = refusal.status;
    log.warn({ err: error, refusal: refusal.code, requestId }, 'refused');
  });
}
