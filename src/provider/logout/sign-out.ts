/** What leaving means here, hung into oidc-provider: first the database, where sessions end, then its own session. */
import type Provider from 'oidc-provider';
import type { Client, KoaContextWithOIDC, Session } from 'oidc-provider';
import type { SessionWatch } from '../session/session-watch';

interface Leavable {
  destroy(this: Session): Promise<void>;
}

/** The library would call relying parties itself, once, and have the person wait: both ways out are ours. */
export function takeOverSignOut(
  provider: Provider,
  watch: SessionWatch,
  current: () => KoaContextWithOIDC | undefined,
): void {
  const { prototype: session } = provider.Session as unknown as { prototype: Leavable };
  const { destroy } = session;
  Object.defineProperty(session, 'destroy', {
    value: async function ended(this: Session): Promise<void> {
      // Whoever reads an error here is still signed in; nobody is told of an end that did not come.
      if (this.accountId !== undefined) await watch.noteSignOut(this.accountId, this.uid);
      await destroy.call(this);
    },
  });
  Object.defineProperty(provider.Client.prototype, 'backchannelLogout', {
    value: async function told(this: Client, accountId: string): Promise<void> {
      const oidc = current()?.oidc;
      // Of a whole session all relying parties are told at its end.
      if (!oidc?.session || oidc.params?.logout) return;
      await watch.noteLeft(accountId, oidc.session.uid, this.clientId);
    },
  });
}
