import type Router from 'koa-router';
import type { AppParts } from '../app';
import type { Context } from '../http/context';
import type { Render } from '../http/pages/render';
import { listForDevelopment } from '../notifications/outbox';
import { createMessageRenderer } from '../notifications/render';
import { addMessagePreviews } from './message-preview';

const SHOWN = 50;

/** `/dev/outbox` and `/dev/outbox.json`: what people would have got by mail and SMS; `/dev/messages`: all they could get. */
export function addDevelopmentRoutes(
  router: Router,
  render: Render,
  { db, secrets, config, viewsDir }: AppParts,
): void {
  const renderer = createMessageRenderer({ viewsDir, issuer: config.issuer });
  addMessagePreviews(router, render, renderer, config.issuer);
  const messages = () => listForDevelopment(db, secrets, renderer, SHOWN);

  router.get('/dev/outbox', (async (ctx: Context) => {
    render(ctx, {
      view: 'development/outbox',
      title: 'development.outbox',
      values: { messages: await messages() },
    });
  }) as Router.IMiddleware);
  router.get('/dev/outbox.json', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = await messages();
  });
}
