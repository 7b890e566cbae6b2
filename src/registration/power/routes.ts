import type Router from 'koa-router';
import { attachPower, removePower } from '../../attorney/attach-power';
import { LIMITS, type PowerFault, type PowerOwner } from '../../attorney/attorney';
import { readForDownload } from '../../attorney/read-power-file';
import { listPowers } from '../../attorney/store';
import { Refusal } from '../../errors';
import type { Context } from '../../http/context';
import { sendStored } from '../../http/files/downloads';
import type { Received } from '../../http/files/uploads';
import { reserve } from '../../http/limits';
import type { RegistrationParts } from '../parts';
import { showPower, statusOf, type FindPlace, type Place } from './places';

const RETRY_SECONDS = 30;
const HOUR = 3600;
const MIB = 1024 * 1024;
/** As the page says them: pages, megabytes. */
const SHOWN_LIMITS = {
  pages: LIMITS.pages,
  file: LIMITS.file / MIB,
  total: LIMITS.total / MIB,
  mchd: LIMITS.mchd / MIB,
};

/** The page of one place at `prefix`: what is attached, attaching, taking back, and getting one's own files. */
export function addPowerRoutes(
  router: Router,
  parts: RegistrationParts,
  prefix: string,
  findPlace: FindPlace,
): void {
  const at = (act: (ctx: Context, place: Place) => Promise<void>): Router.IMiddleware =>
    (async (ctx: Context) => {
      const place = await findPlace(ctx);
      if (place) await act(ctx, place);
    }) as Router.IMiddleware;
  router.get(
    prefix,
    at((ctx, place) => showPage(parts, ctx, place)),
  );
  router.post(
    prefix,
    at((ctx, place) =>
      parts.uploads.receive(ctx, purposeOf(place), (received) => attach(parts, ctx, place, received)),
    ),
  );
  router.post(
    `${prefix}/remove`,
    at(async (ctx, place) => {
      parts.forms.read(ctx, purposeOf(place));
      await removePower(parts, place.owner, place.actor, place.onChange);
      goTo(ctx, place.path);
    }),
  );
  router.get(
    `${prefix}/files/:id`,
    at((ctx, place) => download(parts, ctx, place)),
  );
}

const purposeOf = ({ path }: Place): string => `power:${path}`;

function goTo(ctx: Context, path: string): void {
  ctx.status = 303;
  ctx.redirect(path);
}

async function showPage(
  parts: RegistrationParts,
  ctx: Context,
  place: Place,
  fault?: PowerFault,
): Promise<void> {
  const { path, back, company, expected } = place;
  const shown = { locale: ctx.state.locale, now: parts.clock.now(), path };
  const powers = await listPowers(parts.db, place.owner);
  if (fault && statusOf(fault) === 503) ctx.set('Retry-After', String(RETRY_SECONDS));
  parts.render(ctx, {
    view: 'registration/power-of-attorney',
    title: 'power.title',
    status: fault && statusOf(fault),
    problems: fault ? { files: fault.problem } : {},
    values: {
      ...{ path, back, company },
      limits: SHOWN_LIMITS,
      problemFile: fault?.file,
      powers: powers.map((power) => showPower(power, expected, shown)),
      formToken: parts.forms.token(ctx, purposeOf(place)),
    },
  });
}

async function attach(
  parts: RegistrationParts,
  ctx: Context,
  place: Place,
  { files, excess }: Received,
): Promise<void> {
  const retryAfter = await countTry(parts, place.owner);
  if (retryAfter !== undefined) {
    ctx.set('Retry-After', String(retryAfter));
    await showPage(parts, ctx, place, { problem: 'power_tries' });
    return;
  }
  const fault: PowerFault | undefined = excess
    ? { problem: `power_${excess}` }
    : await attachPower(parts, place.owner, files, place.actor, async (trx) => {
        await place.onChange?.(trx);
        await place.onAttach?.(trx);
      });
  if (fault) await showPage(parts, ctx, place, fault);
  else goTo(ctx, place.path);
}

/** Seconds to wait for whoever has tried too often; a place is never given back. */
async function countTry({ ephemeral }: RegistrationParts, owner: PowerOwner): Promise<number | undefined> {
  const id = 'registrationId' in owner ? owner.registrationId : owner.membershipId;
  try {
    await reserve(ephemeral, [{ key: `power:${id}`, max: LIMITS.hourlyTries, window: HOUR }]);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    return error.retryAfter ?? HOUR;
  }
}

async function download(parts: RegistrationParts, ctx: Context, { owner }: Place): Promise<void> {
  const { id } = ctx.params as { id: string };
  await sendStored(ctx, () => readForDownload(parts, id, owner));
}
