/**
 * The device flow's pages (RFC 8628 §3.3): typing the code, comparing, connected. The code is never taken from an address
 * without the person pressing a button, and the page says what is being connected (RFC 8628 §5.4).
 */
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { deviceName } from '../../accounts/sessions/device';
import { brandLinks } from '../../clients/brand';
import { Refusal } from '../../errors';
import type { Context } from '../../http/context';
import type { Render } from '../../http/pages/render';
import { givenCode } from './guesses';

export const DEVICE_PATH = '/device';
/** Outside of what oidc-provider answers, so that the page can be asked for again in another language. */
export const CONNECTED_PATH = '/device-connected';

export interface DevicePages {
  ask(ctx: KoaContextWithOIDC, form: string, out?: unknown, error?: Error): void;
  confirm(
    ctx: KoaContextWithOIDC,
    form: string,
    client: Client,
    device: Record<string, unknown>,
    code: string,
  ): void;
  done(ctx: KoaContextWithOIDC): void;
  deviceInfo(ctx: KoaContextWithOIDC): Record<string, unknown>;
}

/** Inside oidc-provider the request still is one of ours: the outer app made its context. */
const ours = (ctx: KoaContextWithOIDC): Context => ctx;

const PROBLEMS: Record<string, string> = {
  NoCodeError: 'device_code_missing',
  NotFoundError: 'device_code_unknown',
  ExpiredError: 'device_code_unknown',
  AlreadyUsedError: 'device_code_used',
};

const OUTCOMES = ['cancelled', 'failed'];

export function createDevicePages(render: Render): DevicePages {
  const xsrf = (ctx: KoaContextWithOIDC): string =>
    (ctx.oidc.session as { state?: { secret?: string } } | undefined)?.state?.secret ?? '';
  const goTo = (ctx: Context, address: string): void => {
    ctx.status = 303;
    ctx.redirect(address);
  };
  return {
    ask(ctx, _form, _out, error) {
      if (error && isFault(error)) throw error;
      const context = ours(ctx);
      // The page stands at its own address, so that it can be shown again, and in another language.
      if (error && isNew(ctx)) goTo(context, DEVICE_PATH);
      else if (error?.name === 'AbortedError') goTo(context, `${DEVICE_PATH}?outcome=cancelled`);
      else if (error && ctx.oidc.route !== 'code_verification')
        goTo(context, `${DEVICE_PATH}?outcome=failed`);
      else {
        const outcome = OUTCOMES.find((one) => one === context.query.outcome);
        const typed = (error as { userCode?: string } | undefined)?.userCode ?? givenCode(context);
        render(context, {
          view: 'device/code',
          title: 'device.title',
          problems: error ? { user_code: PROBLEMS[error.name] ?? 'device_form_stale' } : {},
          values: { action: DEVICE_PATH, xsrf: xsrf(ctx), outcome, typed: typed?.slice(0, 20) ?? '' },
        });
      }
    },
    confirm(ctx, _form, client, device, code) {
      const context = ours(ctx);
      context.state.brand = {
        clientId: client.clientId,
        name: client.clientName ?? client.clientId,
        hasLogo: client.has_logo === true,
        links: brandLinks(client.metadata()),
      };
      const agent = typeof device.userAgent === 'string' ? device.userAgent : '';
      render(context, {
        view: 'device/confirm',
        title: 'device.confirm.title',
        values: {
          action: DEVICE_PATH,
          xsrf: xsrf(ctx),
          code,
          address: device.address,
          device: deviceName(agent),
        },
      });
    },
    done(ctx) {
      const client = new URLSearchParams({ client: ctx.oidc.client?.clientId ?? '' });
      goTo(ours(ctx), `${CONNECTED_PATH}?${client.toString()}`);
    },
    deviceInfo: (ctx) => ({
      address: ours(ctx).state.address,
      userAgent: ctx.get('user-agent').slice(0, 300),
    }),
  };
}

/**
 * True for a form that came with no session: it was open for too long, or is nobody's. oidc-provider makes a session for
 * the page of the error when it is too late to keep one; asked for anew, the page gets one.
 */
function isNew({ oidc }: KoaContextWithOIDC): boolean {
  const session = oidc.session as { exp?: number; touched?: boolean } | undefined;
  if (!session || session.exp !== undefined) return false;
  session.touched = false;
  return true;
}

/** What is no word about the code: the store is away, or something is broken. */
function isFault(error: Error): boolean {
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  return error instanceof Refusal || status >= 500;
}
