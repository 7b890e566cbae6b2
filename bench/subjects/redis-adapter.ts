/**
 * The store that tutorials write for oidc-provider: every artifact as JSON under a key of its own, a list of keys for
 * each grant, and one key more wherever something is also found by another name. What is spent is read and written
 * back, which is not safe with two readers at once; that is what the subject is for.
 */
import { Redis } from 'ioredis';
import type { Adapter, AdapterConstructor, AdapterPayload } from 'oidc-provider';

/** Kinds that end together with their grant. */
const OF_A_GRANT = new Set([
  'AccessToken',
  'AuthorizationCode',
  'RefreshToken',
  'DeviceCode',
  'BackchannelAuthenticationRequest',
]);

const grantKey = (id: string): string => `oidc:grant:${id}`;
const userCodeKey = (code: string): string => `oidc:userCode:${code}`;
const uidKey = (uid: string): string => `oidc:uid:${uid}`;

/** What oidc-provider makes a store of each kind with. */
export function redisAdapter(url: string): AdapterConstructor {
  const redis = new Redis(url);
  return class PlainAdapter implements Adapter {
    constructor(private readonly kind: string) {}

    async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
      const key = this.key(id);
      const { grantId, userCode, uid } = payload;
      const multi = redis.multi().set(key, JSON.stringify(payload));
      if (expiresIn) multi.expire(key, expiresIn);
      if (grantId !== undefined && OF_A_GRANT.has(this.kind)) {
        const list = grantKey(grantId);
        multi.rpush(list, key);
        if ((await redis.ttl(list)) < expiresIn) multi.expire(list, expiresIn);
      }
      for (const other of [userCode && userCodeKey(userCode), uid && uidKey(uid)]) {
        if (other) multi.set(other, id).expire(other, expiresIn);
      }
      await multi.exec();
    }

    async find(id: string): Promise<AdapterPayload | undefined> {
      const stored = await redis.get(this.key(id));
      return stored === null ? undefined : (JSON.parse(stored) as AdapterPayload);
    }

    findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
      return this.findBy(userCodeKey(userCode));
    }

    findByUid(uid: string): Promise<AdapterPayload | undefined> {
      return this.findBy(uidKey(uid));
    }

    async consume(id: string): Promise<void> {
      const payload = await this.find(id);
      if (!payload) return;
      const consumed = Math.floor(Date.now() / 1000);
      await redis.set(this.key(id), JSON.stringify({ ...payload, consumed }), 'KEEPTTL');
    }

    async destroy(id: string): Promise<void> {
      await redis.del(this.key(id));
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      const keys = await redis.lrange(grantKey(grantId), 0, -1);
      const multi = redis.multi();
      for (const key of [...keys, grantKey(grantId)]) multi.del(key);
      await multi.exec();
    }

    private async findBy(key: string): Promise<AdapterPayload | undefined> {
      const id = await redis.get(key);
      return id === null ? undefined : this.find(id);
    }

    private key(id: string): string {
      return `oidc:${this.kind}:${id}`;
    }
  };
}
