/** The last page of a device flow: the person may go back to the device. */
import type Router from 'koa-router';
import { clientBrand } from '../../clients/brand';
import { findClient } from '../../clients/store';
import type { Context } from '../../http/context';
import type { Render } from '../../http/pages/render';
import type { Database } from '../../storage/tables';
import { CONNECTED_PATH } from './pages';

export function addConnectedPage({
  router,
  db,
  render,
}: {
  router: Router;
  db: Database;
  render: Render;
}): void {
  router.get(CONNECTED_PATH, (async (ctx: Context) => {
    const client = await findClient(db, String(ctx.query.client));
    if (client) ctx.state.brand = clientBrand(client);
    render(ctx, { view: 'device/connected', title: 'device.connected.title' });
  }) as Router.IMiddleware);
}
